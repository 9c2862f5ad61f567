/// How far figures of the installation may grow in the course of a run. What was not measured is told: it did
/// not hold.
struct TrendBounds: Sendable {
  /// A figure may gain a share of its level, and something beyond that.
  struct Bound: Sendable, Equatable {
    var share: Double
    var slack: Double

    /// Whether `trend` is within it. To fall is never wrong.
    func allows(_ trend: Trend) -> Bool {
      trend.growth <= max(0, trend.level) * share + slack
    }
  }

  /// Private memory of the processes of one name, in bytes.
  var memory: Bound?
  /// Of the store in memory: it keeps coupons, orders and the answers to their keys for as long as it promised,
  /// so that each of the ``kept`` outcomes may leave so many bytes.
  var storeBytesPerKept: Double?
  /// Outcomes by their indices of which the store keeps something.
  var kept: [Int] = []
  /// Open descriptors of the processes of one name.
  var descriptors: Bound?
  /// Processes of those whose descriptors tell nothing; see ``fileCaches``.
  var processes: Bound?
  /// Milliseconds.
  var lag: Bound?
  var streamLength: Bound?
  var deadRows: Bound?
  /// The share of a run, from 0 to 1, that is its beginning and does not count.
  var warmUp = 0.0

  /// Processes that hold the store in memory.
  static let stores: Set = ["redis-server", "valkey-server"]

  /// Processes that keep files open which they have used, up to a number of their own: their descriptors grow
  /// with connections and with segments of tables, and have no bound. A leak of connections shows in the
  /// number of the processes.
  static let fileCaches: Set = ["postgres"]

  /// How the bounds were kept to, in words.
  struct Verdict: Sendable, Equatable {
    /// What grew beyond its bound.
    var missed: [String] = []
    /// What has a bound, and could not be looked at for at least half of the run.
    var unmeasured: [String] = []
    /// What is shown and has no bound, and why.
    var unbounded: [String] = []
  }

  /// Holds what was seen of the installation against the bounds.
  func judge(_ report: RunReport) -> Verdict {
    var verdict = Verdict()
    checkProcesses(report, &verdict)
    check("the ledger's lag", lag, report.figure(\.lagMilliseconds), report, &verdict)
    check("the streams' length", streamLength, report.figure(\.streamLength), report, &verdict)
    check("dead rows", deadRows, report.figure(\.deadRows), report, &verdict)
    return verdict
  }

  private func check(
    _ name: String, _ bound: Bound?, _ points: [(seconds: Double, value: Double)],
    _ report: RunReport, _ verdict: inout Verdict
  ) {
    guard let bound else { return }
    let values = settled(points, report)
    guard isMeasured(values, report), let trend = Trend(values) else {
      verdict.unmeasured.append(name)
      return
    }
    guard !bound.allows(trend) else { return }
    verdict.missed.append(
      "\(name) grew by \(TextFormat.grouped(Int(trend.growth))) from "
        + TextFormat.grouped(Int(trend.level)))
  }

  private func checkProcesses(_ report: RunReport, _ verdict: inout Verdict) {
    // What comes and goes, as the child that rewrites a file, is no part of the installation.
    let names = report.processes.filter { name in
      isMeasured(
        settled(report.figure { RunReport.count(of: name, $0) }, report), report)
    }
    for name in names {
      let isStore = Self.stores.contains(name)
      check(
        "memory of \(name)", isStore ? storeBound(report) : memory,
        report.figure { Self.known(RunReport.memory(of: name, $0)) }, report, &verdict)
      if Self.fileCaches.contains(name) {
        check(
          "the number of processes of \(name)", processes,
          report.figure { RunReport.count(of: name, $0) }, report, &verdict)
        guard descriptors != nil else { continue }
        verdict.unbounded.append(
          "descriptors of \(name): each of its processes keeps files open that it has used")
      } else {
        check(
          "descriptors of \(name)", descriptors,
          report.figure { Self.known(RunReport.descriptors(of: name, $0)) }, report, &verdict)
      }
    }
    tellMissing(from: names, &verdict)
  }

  /// Processes that cannot be seen, as on another machine.
  private func tellMissing(from names: [String], _ verdict: inout Verdict) {
    let others = names.filter { !Self.stores.contains($0) && !Self.fileCaches.contains($0) }
    if others.isEmpty {
      if memory != nil { verdict.unmeasured.append("memory of the server") }
      if descriptors != nil { verdict.unmeasured.append("descriptors of the server") }
    }
    if storeBytesPerKept != nil, Self.stores.isDisjoint(with: names) {
      verdict.unmeasured.append("memory of Redis")
    }
    if processes != nil, Self.fileCaches.isDisjoint(with: names) {
      verdict.unmeasured.append("the number of processes of PostgreSQL")
    }
  }

  /// A process has some of everything: nothing is what is read of one that may not be looked into.
  private static func known(_ value: Int?) -> Int? { value == 0 ? nil : value }

  private func isMeasured(_ values: [Double], _ report: RunReport) -> Bool {
    let looks = settled(report.figure { _ in 0 }, report).count
    return !values.isEmpty && values.count * 2 >= looks
  }

  private func storeBound(_ report: RunReport) -> Bound? {
    storeBytesPerKept.map { bytes in
      let kept = kept.reduce(0) { $0 + Int(report.result.tally.outcomes[$1].count) }
      return Bound(
        share: 0, slack: bytes * Double(kept) * (1 - warmUp) + (memory?.slack ?? 0))
    }
  }

  private func settled(
    _ points: [(seconds: Double, value: Double)], _ report: RunReport
  ) -> [Double] {
    points.filter { $0.seconds >= report.result.seconds * warmUp }.map(\.value)
  }
}
