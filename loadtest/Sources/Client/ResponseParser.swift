internal import EventLoop
internal import Glibc

/// Finds one whole HTTP/1.1 response at the front of some bytes; keeps no state.
///
/// Strict on purpose: a generator that forgives a broken server proves nothing. A response without
/// a length is refused, since it would end the connection.
enum ResponseParser {
  /// Bytes that a status line and header fields may have.
  static let maximumHeadLength = 64 * 1024
  /// Bytes that a body may have.
  static let maximumBodyLength = 16 * 1024 * 1024

  enum Outcome {
    /// More bytes are needed.
    case incomplete
    /// A response that takes the first `length` bytes.
    case complete(Response, length: Int)
    /// No response that the protocol allows.
    case malformed(StaticString)
  }

  private struct Framing {
    var length: Int?
    var isChunked = false
  }

  /// Looks at `bytes`. A chunked body is joined in `scratch`, whose memory the response then uses.
  static func parse(_ bytes: UnsafeRawBufferPointer, scratch: ByteBuffer) -> Outcome {
    guard bytes.count >= 13 else { return .incomplete }
    var response = Response()
    var framing = Framing()
    guard let status = statusCode(bytes) else { return .malformed("no HTTP/1.1 status line") }
    response.status = status
    guard var line = lineEnd(bytes, from: 0) else { return shortHead(bytes) }
    while true {
      let start = line + 1
      guard let end = lineEnd(bytes, from: start) else { return shortHead(bytes) }
      guard end > start, bytes[end - 1] == UInt8(ascii: "\r") else {
        return .malformed("a header line that does not end in CR LF")
      }
      line = end
      if end - 1 == start { break }
      let field = UnsafeRawBufferPointer(rebasing: bytes[start..<(end - 1)])
      if let problem = take(field, &response, &framing) { return .malformed(problem) }
    }
    let headLength = line + 1
    response.head = UnsafeRawBufferPointer(rebasing: bytes[..<headLength])
    let rest = UnsafeRawBufferPointer(rebasing: bytes[headLength...])
    if framing.isChunked {
      if framing.length != nil { return .malformed("Content-Length beside Transfer-Encoding") }
      return chunked(response, headLength: headLength, rest, scratch)
    }
    if status == 204 || status == 304 { return .complete(response, length: headLength) }
    guard status >= 200 else { return .malformed("an interim response that nobody asked for") }
    guard let length = framing.length else { return .malformed("a response without a length") }
    guard rest.count >= length else { return .incomplete }
    response.body = UnsafeRawBufferPointer(rebasing: rest[..<length])
    return .complete(response, length: headLength + length)
  }

  private static func shortHead(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    bytes.count > maximumHeadLength ? .malformed("a head without an end") : .incomplete
  }

  @inline(__always)
  private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard start < bytes.count, let base = bytes.baseAddress,
      let found = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }

  private static func statusCode(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard memcmp(bytes.baseAddress!, "HTTP/1.1 ", 9) == 0 else { return nil }
    var status = 0
    for byte in bytes[9..<12] {
      guard let digit = decimalDigit(byte) else { return nil }
      status = status * 10 + digit
    }
    guard status >= 100, bytes[12] == UInt8(ascii: " ") || bytes[12] == UInt8(ascii: "\r") else {
      return nil
    }
    return status
  }

  @inline(__always)
  static func decimalDigit(_ byte: UInt8) -> Int? {
    let digit = byte &- UInt8(ascii: "0")
    return digit < 10 ? Int(digit) : nil
  }

  // MARK: Header fields

  /// Notes a field that matters here; returns what is wrong with it.
  private static func take(
    _ field: UnsafeRawBufferPointer, _ response: inout Response, _ framing: inout Framing
  ) -> StaticString? {
    guard field[0] != UInt8(ascii: " "), field[0] != UInt8(ascii: "\t") else {
      return "a folded header line"
    }
    // The first letter rules out nearly all other fields before any comparison.
    switch field[0] | 0x20 {
    case UInt8(ascii: "c"):
      if let value = value(field, "content-length") {
        guard framing.length == nil else { return "two Content-Length fields" }
        guard let length = contentLength(value) else { return "a bad Content-Length" }
        framing.length = length
      } else if let value = value(field, "connection") {
        if equals(value, "close") { response.keepsAlive = false }
      } else if let value = value(field, "content-type") {
        // A parameter may follow.
        let type = "application/json" as StaticString
        response.isJSON =
          value.count >= type.utf8CodeUnitCount
          && equals(UnsafeRawBufferPointer(rebasing: value[..<type.utf8CodeUnitCount]), type)
      }
    case UInt8(ascii: "t"):
      if let value = value(field, "transfer-encoding") {
        guard equals(value, "chunked") else { return "an unknown Transfer-Encoding" }
        framing.isChunked = true
      }
    case UInt8(ascii: "i"):
      if let value = value(field, "idempotent-replayed") {
        response.isReplayed = equals(value, "true")
      }
    case UInt8(ascii: "x"):
      if let value = value(field, "x-request-id") { response.requestID = value }
    case UInt8(ascii: "r"):
      if value(field, "retry-after") != nil {
        response.has.insert(.retryAfter)
      } else if value(field, "ratelimit") != nil {
        response.has.insert(.rateLimit)
      } else if value(field, "ratelimit-policy") != nil {
        response.has.insert(.rateLimitPolicy)
      }
    default:
      break
    }
    return nil
  }

  /// The field's value when its name is `name`, which is given in lower case.
  @inline(__always)
  private static func value(
    _ field: UnsafeRawBufferPointer, _ name: StaticString
  ) -> UnsafeRawBufferPointer? {
    let length = name.utf8CodeUnitCount
    guard field.count > length, field[length] == UInt8(ascii: ":"),
      strncasecmp(
        field.baseAddress!.assumingMemoryBound(to: CChar.self),
        UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), length) == 0
    else { return nil }
    var start = length + 1
    var end = field.count
    while start < end, field[start] == 0x20 || field[start] == 0x09 { start += 1 }
    while end > start, field[end - 1] == 0x20 || field[end - 1] == 0x09 { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: field[start..<end])
  }

  private static func equals(_ value: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    value.count == text.utf8CodeUnitCount
      && strncasecmp(
        value.baseAddress!.assumingMemoryBound(to: CChar.self),
        UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self), value.count) == 0
  }

  private static func contentLength(_ value: UnsafeRawBufferPointer) -> Int? {
    guard (1...8).contains(value.count) else { return nil }
    var length = 0
    for byte in value {
      guard let digit = decimalDigit(byte) else { return nil }
      length = length * 10 + digit
    }
    return length <= maximumBodyLength ? length : nil
  }

  // MARK: Chunks

  private static func chunked(
    _ response: Response, headLength: Int, _ rest: UnsafeRawBufferPointer, _ scratch: ByteBuffer
  ) -> Outcome {
    scratch.removeAll()
    var position = 0
    while true {
      guard let end = lineEnd(rest, from: position) else {
        return rest.count - position > 32 ? .malformed("a bad chunk size") : .incomplete
      }
      guard let size = chunkSize(rest[position..<end]) else {
        return .malformed("a bad chunk size")
      }
      position = end + 1
      guard scratch.count + size <= maximumBodyLength else { return .malformed("a body too large") }
      // Trailer fields are not accepted: an empty line has to follow the last chunk.
      guard rest.count >= position + size + 2 else { return .incomplete }
      scratch.append(UnsafeRawBufferPointer(rebasing: rest[position..<(position + size)]))
      position += size
      guard rest[position] == UInt8(ascii: "\r"), rest[position + 1] == UInt8(ascii: "\n") else {
        return .malformed("a chunk longer than its size")
      }
      position += 2
      if size == 0 { break }
    }
    var response = response
    response.body = scratch.bytes
    return .complete(response, length: headLength + position)
  }

  private static func chunkSize(_ line: Slice<UnsafeRawBufferPointer>) -> Int? {
    guard (2...8).contains(line.count), line.last == UInt8(ascii: "\r") else { return nil }
    return Int(String(decoding: line.dropLast(), as: UTF8.self), radix: 16)
  }
}
