/// Requests that a Spillway has answered, by status, from its metrics.
enum StatusCounts {
  /// Nobody was there any more when the answer was.
  static let clientGone = 499

  private static let name = "spillway_http_requests_total{"

  /// Reads the Prometheus text format; all routes together.
  static func read(_ metrics: String) -> [Int: Double] {
    var counts: [Int: Double] = [:]
    for line in metrics.split(separator: "\n") where line.hasPrefix(name) {
      guard let label = line.firstRange(of: "status=\""),
        let status = Int(line[label.upperBound...].prefix { $0 != "\"" }),
        let space = line.lastIndex(of: " "), let count = Double(line[line.index(after: space)...])
      else { continue }
      counts[status, default: 0] += count
    }
    return counts
  }
}
