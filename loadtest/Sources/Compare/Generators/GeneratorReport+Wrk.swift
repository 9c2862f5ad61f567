extension GeneratorReport {
  /// Reads the output of `wrk --latency`; nil when it is something else.
  ///
  /// - Parameter wantsRefusals: whether the run is about answers with a status of 400 or more, and not about
  ///   the others.
  init?(wrk text: String, wantsRefusals: Bool = false) {
    var requests: Int?
    var rate: Double?
    var percentiles: [String: Double] = [:]
    var refused = 0
    var socketErrors = 0
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "," }.map(String.init)
      if words.count > 3, words[1] == "requests", words[2] == "in" { requests = Int(words[0]) }
      if words.count == 2, words[0] == "Requests/sec:" { rate = Double(words[1]) }
      if words.count == 2, words[0].hasSuffix("%") {
        percentiles[words[0]] = Self.microseconds(words[1])
      }
      if line.contains("Non-2xx or 3xx responses:") { refused = Int(words.last ?? "") ?? 0 }
      if line.contains("Socket errors:") {
        socketErrors = words.compactMap { Int($0) }.reduce(0, +)
      }
    }
    guard let requests, let rate, let half = percentiles["50%"], let last = percentiles["99%"]
    else { return nil }
    let others = wantsRefusals ? requests - refused : refused
    let otherShare = Double(others) / Double(max(requests, 1))
    self.init(
      requests: requests, rate: rate * (1 - otherShare), percentile50: half, percentile99: last,
      refused: refused, socketErrors: socketErrors, otherShare: otherShare)
  }

  private static func microseconds(_ text: String) -> Double? {
    for (unit, factor) in [("us", 1.0), ("ms", 1e3), ("s", 1e6), ("m", 6e7)]
    where text.hasSuffix(unit) {
      if let value = Double(text.dropLast(unit.count)) { return value * factor }
    }
    return nil
  }
}
