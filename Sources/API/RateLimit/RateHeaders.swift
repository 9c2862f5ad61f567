internal import EventLoop
internal import Services

/// Writes what an answer says of rate policies: the fields of the IETF draft "RateLimit header fields
/// for HTTP" (draft-ietf-httpapi-ratelimit-headers-10), and the older ones that many clients read.
enum RateHeaders {
  /// The names, for the document.
  static let names = [
    "RateLimit-Policy", "RateLimit", "X-RateLimit-Limit", "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
  ]

  /// Writes the fields for one policy or more.
  static func write(_ lines: [RateLine], to output: ByteBuffer) {
    var tightest = lines[0]
    output.append("RateLimit-Policy: ")
    for (index, line) in lines.enumerated() {
      if index > 0 { output.append(", ") }
      output.append(line.fields.policy)
      if isTighter(line, than: tightest) { tightest = line }
    }
    output.append("\r\nRateLimit: ")
    for (index, line) in lines.enumerated() {
      if index > 0 { output.append(", ") }
      output.append(line.fields.name)
      output.append(";r=")
      output.append(decimal: line.remaining)
      output.append(";t=")
      output.append(decimal: line.resetSeconds)
    }
    // The older fields know one policy only.
    output.append("\r\nX-RateLimit-Limit: ")
    output.append(decimal: tightest.fields.limit)
    output.append("\r\nX-RateLimit-Remaining: ")
    output.append(decimal: tightest.remaining)
    output.append("\r\nX-RateLimit-Reset: ")
    output.append(decimal: tightest.resetSeconds)
    output.append("\r\n")
  }

  private static func isTighter(_ line: RateLine, than other: RateLine) -> Bool {
    line.remaining != other.remaining
      ? line.remaining < other.remaining : line.resetSeconds > other.resetSeconds
  }
}
