/// The checks of a head that go beyond its grammar: target form, Host, body framing, `Expect`.
struct RequestHead {
  /// How the body is delimited.
  enum Framing: Equatable {
    case length(Int)
    case chunked
  }

  var method: HTTPMethod
  var minorVersion: UInt8
  var keepsAlive: Bool
  var framing: Framing
  var expectsContinue: Bool
  var path: Range<Int>
  var query: Range<Int>

  /// Checks `head`, whose bytes begin at `base`. The authority of an absolute target replaces the
  /// Host field (RFC 9112, section 3.2.2).
  static func check(
    _ head: HeadParser.Head, _ fields: HeaderFields, _ base: UnsafeRawPointer,
    limits: HTTPServer.Limits
  ) -> Result<RequestHead, HTTPProtocolError> {
    guard head.majorVersion == 1, head.minorVersion <= 1 else {
      return .failure(.unsupportedVersion)
    }
    guard isSpacedOnce(head, base) else { return .failure(.badRequest(.requestLine)) }
    if head.targetLength > limits.targetBytes { return .failure(.targetTooLong) }
    if head.method == .connect { return .failure(.unsupportedMethod) }
    let target: RequestTarget
    switch RequestTarget.parse(
      base, head.targetOffset, head.targetLength, isOptions: head.method == .options)
    {
    case .some(let parsed): target = parsed
    case .none: return .failure(.badRequest(.target))
    }
    if let error = checkHost(fields, base, target, minorVersion: head.minorVersion) {
      return .failure(error)
    }
    let framing: Framing
    switch self.framing(head, fields, base, limits) {
    case .success(let value): framing = value
    case .failure(let error): return .failure(error)
    }
    var expectsContinue = false
    if let position = fields.position(of: .expect) {
      guard value(fields, position, base).equalsIgnoringCase("100-continue") else {
        return .failure(.expectationFailed)
      }
      expectsContinue = head.minorVersion == 1
    }
    return .success(
      RequestHead(
        method: head.method, minorVersion: head.minorVersion, keepsAlive: head.keepsAlive,
        framing: framing, expectsContinue: expectsContinue, path: target.path,
        query: target.query))
  }

  /// llhttp skips any number of spaces around the target, where the grammar has one.
  private static func isSpacedOnce(_ head: HeadParser.Head, _ base: UnsafeRawPointer) -> Bool {
    let end = head.targetOffset + head.targetLength
    return head.targetOffset >= 2
      && base.load(fromByteOffset: head.targetOffset - 2, as: UInt8.self) != 0x20
      && base.load(fromByteOffset: end + 1, as: UInt8.self) == UInt8(ascii: "H")
  }

  @inline(__always)
  private static func value(
    _ fields: HeaderFields, _ position: Int, _ base: UnsafeRawPointer
  ) -> UnsafeRawBufferPointer {
    let field = fields.fields[position]
    return UnsafeRawBufferPointer(
      start: base + Int(field.valueOffset), count: Int(field.valueLength))
  }

  private static func checkHost(
    _ fields: HeaderFields, _ base: UnsafeRawPointer, _ target: RequestTarget, minorVersion: UInt8
  ) -> HTTPProtocolError? {
    guard let position = fields.position(of: .host) else {
      return minorVersion == 0 ? nil : .badRequest(.missingHost)
    }
    guard isHost(value(fields, position, base)) else { return .badRequest(.host) }
    if let authority = target.authority {
      let range = UnsafeRawBufferPointer(start: base + authority.lowerBound, count: authority.count)
      guard isHost(range) else { return .badRequest(.target) }
      fields.fields[position].valueOffset = UInt16(authority.lowerBound)
      fields.fields[position].valueLength = UInt16(authority.count)
    }
    return nil
  }

  /// No character in it ends a host and its port, or could be read as another part of a URI.
  private static func isHost(_ bytes: UnsafeRawBufferPointer) -> Bool {
    for byte in bytes {
      switch byte {
      case 0...0x20, 0x7F..., UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"),
        UInt8(ascii: "@"), UInt8(ascii: ","), UInt8(ascii: "\\"):
        return false
      default: continue
      }
    }
    return true
  }

  private static func framing(
    _ head: HeadParser.Head, _ fields: HeaderFields, _ base: UnsafeRawPointer,
    _ limits: HTTPServer.Limits
  ) -> Result<Framing, HTTPProtocolError> {
    if let position = fields.position(of: .transferEncoding) {
      // A length beside a coding is how requests are smuggled; HTTP/1.0 knows no codings.
      guard fields.position(of: .contentLength) == nil, head.minorVersion == 1 else {
        return .failure(.badRequest(.transferEncoding))
      }
      guard value(fields, position, base).equalsIgnoringCase("chunked") else {
        return .failure(.unsupportedTransferCoding)
      }
      return .success(.chunked)
    }
    guard head.hasContentLength else { return .success(.length(0)) }
    guard head.contentLength <= UInt64(limits.bodyBytes) else { return .failure(.bodyTooLarge) }
    return .success(.length(Int(head.contentLength)))
  }
}
