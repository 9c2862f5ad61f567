/// A complete HTTP/1.1 response, in the connection's own memory: use it before the callback returns.
struct Response {
  var status = 0
  /// Everything from the status line to the empty line.
  var head = UnsafeRawBufferPointer(start: nil, count: 0)
  /// The body, without any chunk framing.
  var body = UnsafeRawBufferPointer(start: nil, count: 0)
  /// False when the server said that it will close the connection.
  var keepsAlive = true
  /// `Idempotent-Replayed: true` was there.
  var isReplayed = false
  /// The value of `X-Request-Id`; empty when it is not there.
  var requestID = UnsafeRawBufferPointer(start: nil, count: 0)
  /// `Content-Type` says JSON.
  var isJSON = false
  /// Fields that a refusal has to have.
  var has = Fields()

  struct Fields: OptionSet {
    let rawValue: UInt8
    static let retryAfter = Fields(rawValue: 1)
    static let rateLimit = Fields(rawValue: 2)
    static let rateLimitPolicy = Fields(rawValue: 4)
  }

  /// The value of a header field, looked for without regard to case. Not for the hot path.
  func header(_ name: String) -> String? {
    for line in String(decoding: head, as: UTF8.self).split(separator: "\r\n").dropFirst() {
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased()
      else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return nil
  }

  var bodyText: String { String(decoding: body, as: UTF8.self) }
}
