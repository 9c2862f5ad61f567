/// What a run has to keep to beside the contract: whoever misses one ends with status 1.
struct Objectives: Sendable {
  /// The longest percentiles, in nanoseconds, from the moments at which requests were due.
  var longestP95: UInt64?
  var longestP99: UInt64?
  /// The share of requests that may fail, in percent.
  var errorRate: Double
  /// The fewest requests a second.
  var lowestRate: Double?

  /// Milliseconds, from a nanosecond to eleven days.
  static let latencies = 0.000_001...1e9

  static let options: [CommandArguments.Option] = [
    .init("objective-p95", "MS", "fail when P95 is above this many milliseconds"),
    .init("objective-p99", "MS", "fail when P99 is above this many milliseconds"),
    .init("objective-error-rate", "PERCENT", "fail when more requests than this fail (0)"),
    .init("objective-failures", "PERCENT", "the same, by its older name"),
    .init("objective-rate", "R", "fail when fewer requests a second are answered"),
  ]

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ arguments: CommandArguments) throws(UsageError) {
    longestP95 = try arguments.number("objective-p95", in: Self.latencies).map { UInt64($0 * 1e6) }
    longestP99 = try arguments.number("objective-p99", in: Self.latencies).map { UInt64($0 * 1e6) }
    let failures = try Self.percent("objective-failures", arguments)
    errorRate = try Self.percent("objective-error-rate", arguments) ?? failures ?? 0
    lowestRate = try arguments.number("objective-rate", in: LoadOptions.rates)
  }

  private static func percent(
    _ name: String, _ arguments: CommandArguments
  ) throws(UsageError) -> Double? {
    guard let text = arguments[name] else { return nil }
    guard let number = Double(text), (0...100).contains(number) else {
      throw UsageError("--\(name) must be a number from 0 to 100")
    }
    return number
  }

  /// The objectives that `result` misses, in words.
  func missed(by result: LoadRun.Result, outcomes: [Outcome]) -> [String] {
    let tally = result.tally
    let failures = tally.failed(outcomes)
    let all = tally.all
    var missed: [String] = []
    if 100 * Double(failures) / Double(max(tally.finished, 1)) > errorRate {
      missed.append("\(TextFormat.grouped(failures)) requests failed")
    }
    for (name, percent, longest) in [("P95", 95.0, longestP95), ("P99", 99, longestP99)] {
      guard let longest, all.percentile(percent) > longest else { continue }
      missed.append(
        "\(name) is \(TextFormat.latency(all.percentile(percent))), the objective "
          + TextFormat.latency(longest))
    }
    let rate = Double(tally.finished - failures) / max(result.seconds, 1e-9)
    if let lowestRate, rate < lowestRate {
      missed.append(
        "\(TextFormat.fixed(rate, 1)) requests a second were answered, the objective "
          + TextFormat.fixed(lowestRate, 1))
    }
    return missed
  }
}
