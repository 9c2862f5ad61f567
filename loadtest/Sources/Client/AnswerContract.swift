internal import Glibc

/// What every answer of a `/v1` route has, whatever was asked; what a status says beyond it is for the
/// scenarios to judge.
enum AnswerContract {
  /// What `response` lacks; nil when it keeps to the contract.
  static func problem(with response: Response) -> StaticString? {
    guard !response.requestID.isEmpty else { return "no X-Request-Id" }
    switch response.status {
    case 204, 304: return nil
    case 429:
      guard response.has.contains(.retryAfter) else { return "429 without Retry-After" }
      guard response.has.contains([.rateLimit, .rateLimitPolicy]) else {
        return "429 without RateLimit and RateLimit-Policy"
      }
    case 503:
      guard response.has.contains(.retryAfter) else { return "503 without Retry-After" }
    default: break
    }
    guard response.isJSON else { return "a body that does not call itself JSON" }
    guard holds(response.requestID, in: response.body) else {
      return "another request_id in the body than in X-Request-Id"
    }
    return nil
  }

  /// Whether `text` stands between quotes in `body`. That it does so under its name is seen by those who
  /// read the body anyway.
  private static func holds(
    _ text: UnsafeRawBufferPointer, in body: UnsafeRawBufferPointer
  ) -> Bool {
    let quote = UInt8(ascii: "\"")
    guard body.count >= text.count + 2 else { return false }
    // It is usually the last thing that a body says.
    for start in stride(from: body.count - text.count - 1, to: 0, by: -1)
    where body[start - 1] == quote && body[start + text.count] == quote {
      if memcmp(body.baseAddress! + start, text.baseAddress!, text.count) == 0 { return true }
    }
    return false
  }
}
