internal import Domain
internal import EventLoop
internal import HTTP

/// Writes the parts that all answers share.
enum Envelope {
  /// Ends the line of `X-Request-Id`. What is answered is one caller's own and never a document.
  static let fixedHeaders: StaticString =
    "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"

  /// The same for what everybody may see, and say how long to keep.
  static let cacheableHeaders: StaticString = "\r\nX-Content-Type-Options: nosniff\r\n"

  /// Writes an error up to its details.
  static func beginError(_ code: ErrorCode, _ language: Language, to output: ByteBuffer) {
    output.append(#"{"error":{"code":""#)
    output.append(code.rawValue)
    output.append(#"","message":""#)
    output.append(code.message(in: language))
    output.append(#"","details":"#)
  }

  /// Writes a header line. A line end in the value would begin another field, so it becomes a space.
  static func append(_ name: String, _ value: String, to output: ByteBuffer) {
    output.append(name)
    output.append(": ")
    for byte in value.utf8 { output.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte) }
    output.append("\r\n")
  }

  /// A whole refusal for a request that has no object of its own.
  static func response(_ error: APIError, language: Language, requestID: String) -> HTTPResponse {
    let body: JSONValue = [
      "error": [
        "code": .string(error.code.rawValue),
        "message": .string("\(error.code.message(in: language))"),
        "details": error.details,
      ],
      "request_id": .string(requestID),
    ]
    var headers = [
      ("Content-Type", "application/json"), ("X-Request-Id", requestID),
      ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
    ]
    if let seconds = error.retryAfter { headers.append(("Retry-After", String(seconds))) }
    headers += error.headers.map { ($0.name, $0.value) }
    return HTTPResponse(status: error.status, headers: headers, body: body.json)
  }
}
