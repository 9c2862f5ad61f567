internal import Domain
internal import HTTP

/// The checks of a request's form: media type, body, idempotency key.
enum RequestFormat {
  /// Media type and idempotency key, and for hot routes whose body means nothing also that.
  @inline(__always)
  static func check(_ request: HotRequest) -> APIError? {
    if request.route.takesBody, let refusal = checkBody(request) { return refusal }
    if request.route.idempotency == .none { return nil }
    return checkIdempotencyKey(request)
  }

  // MARK: Body

  private static func checkBody(_ request: HotRequest) -> APIError? {
    let exchange = request.exchange
    if exchange.body.isEmpty, !request.route.needsBody { return nil }
    if let type = exchange.header(.contentType) {
      guard isJSON(type) else { return .unsupportedMediaType }
    } else if !exchange.body.isEmpty {
      return .unsupportedMediaType
    }
    // A handler that needs the body reads it.
    guard case .hot = request.route.handler, !request.route.needsBody else { return nil }
    // The whole of what clients send to routes whose body means nothing.
    if exchange.body.count == 2, exchange.body[0] == UInt8(ascii: "{"),
      exchange.body[1] == UInt8(ascii: "}")
    {
      return nil
    }
    switch body(of: request) {
    case .success: return nil
    case .failure(let refusal): return refusal
    }
  }

  /// The body's JSON; null where the route takes none or it was left out.
  static func body(of request: HotRequest) -> Result<JSONValue, APIError> {
    guard request.route.takesBody else { return .success(.null) }
    let bytes = request.exchange.body
    if bytes.isEmpty {
      return request.route.needsBody ? .failure(.invalid("body", "is required")) : .success(.null)
    }
    do throws(JSONError) {
      let value = try JSONValue(json: bytes)
      guard value.object != nil else { return .failure(.invalid("body", "must be an object")) }
      return .success(value)
    } catch {
      return .failure(
        .invalid("body", "is not valid JSON: \(error.reason) at byte \(error.offset)"))
    }
  }

  /// `application/json`, with or without parameters.
  private static func isJSON(_ type: UnsafeRawBufferPointer) -> Bool {
    var end = type.firstIndex(of: UInt8(ascii: ";")) ?? type.count
    while end > 0, type[end - 1] == 0x20 || type[end - 1] == 0x09 { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: type[..<end]).equalsIgnoringCase("application/json")
  }

  // MARK: Idempotency key

  private static func checkIdempotencyKey(_ request: HotRequest) -> APIError? {
    let own = request.exchange.header(.idempotencyKey)
    let standard = request.exchange.header(.idempotencyKeyStandard)
    guard let key = own ?? standard else {
      guard request.route.idempotency == .required else { return nil }
      return .invalid(keyField, "is required")
    }
    if let own, let standard, !own.elementsEqual(standard) {
      return .invalid(keyField, "differs from Idempotency-Key")
    }
    guard (1...IdempotencyKey.maximumCount).contains(key.count),
      key.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      return .invalid(
        keyField, "must have 1 to \(IdempotencyKey.maximumCount) visible ASCII characters")
    }
    request.idempotencyKey = key
    return nil
  }

  private static let keyField = "X-Idempotency-Key"
}
