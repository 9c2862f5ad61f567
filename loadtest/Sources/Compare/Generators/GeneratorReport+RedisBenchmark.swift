extension GeneratorReport {
  /// Reads the output of `redis-benchmark --csv` about one command; nil when it is something else.
  ///
  /// - Parameter requests: how many it was told to send, which it does not repeat.
  init?(redisBenchmark text: String, requests: Int) {
    let lines = text.split(separator: "\n").map(Self.fields)
    guard let head = lines.firstIndex(where: { $0.first == "test" }), head + 1 < lines.count,
      lines[head].count == lines[head + 1].count
    else { return nil }
    let values = Dictionary(zip(lines[head], lines[head + 1])) { first, _ in first }
    func number(_ name: String) -> Double? { values[name].flatMap { Double($0) } }
    guard let rate = number("rps"), rate > 0, let half = number("p50_latency_ms"),
      let last = number("p99_latency_ms")
    else { return nil }
    self.init(
      requests: requests, rate: rate, percentile50: half * 1000,
      percentile95: number("p95_latency_ms").map { $0 * 1000 }, percentile99: last * 1000,
      refused: 0, socketErrors: 0)
  }

  /// The fields of a line; each is in double quotes, and what is in them has none.
  private static func fields(_ line: some StringProtocol) -> [String] {
    line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }
}
