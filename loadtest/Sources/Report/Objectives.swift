/// What a run has to keep to beside the contract.
struct Objectives {
  private let load: LoadOptions

  init(_ load: LoadOptions) { self.load = load }

  /// The objectives that `result` misses, in words.
  func missed(by result: LoadRun.Result, outcomes: [Outcome]) -> [String] {
    var missed: [String] = []
    let tally = result.tally
    let failures = zip(outcomes, tally.outcomes)
      .reduce(0) { $0 + ($1.0.kind == .failure ? Int($1.1.count) : 0) }
    let percent = 100 * Double(failures) / Double(max(tally.finished, 1))
    if percent > load.toleratedFailures {
      missed.append("\(TextFormat.grouped(failures)) requests failed")
    }
    let percentile99 = tally.all.percentile(99)
    if let longest = load.longestP99, percentile99 > longest {
      missed.append(
        "P99 is \(TextFormat.latency(percentile99)), the objective \(TextFormat.latency(longest))")
    }
    return missed
  }
}
