/// How far figures of the installation may grow in the course of a run.
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
  /// Of the store in memory: it keeps what it was told for as long as it promised, so that each operation
  /// may leave so many bytes.
  var storeBytesPerRequest: Double?
  /// Open descriptors of the processes of one name.
  var descriptors: Bound?
  /// Milliseconds.
  var lag: Bound?
  var streamLength: Bound?
  var deadRows: Bound?
  /// The share of a run, from 0 to 1, that is its beginning and does not count.
  var warmUp = 0.0

  /// Processes that hold the store in memory.
  static let stores: Set = ["redis-server", "valkey-server"]

  /// Processes that keep files open which they have read, as a cache that fills and is bounded by itself.
  static let fileCaches: Set = ["postgres"]
  /// How far the descriptors of those may grow beyond what others may, as a share of what they have.
  static let fileCacheShare = 0.5

  /// The bounds that a run breaks, in words.
  func missed(by report: RunReport) -> [String] {
    var missed: [String] = []
    func check(_ name: String, _ bound: Bound?, _ points: [(seconds: Double, value: Double)]) {
      guard let bound, let trend = Trend(settled(points, report)), !bound.allows(trend) else {
        return
      }
      missed.append(
        "\(name) grew by \(TextFormat.grouped(Int(trend.growth))) from "
          + TextFormat.grouped(Int(trend.level)))
    }
    for name in report.processes {
      let bound = Self.stores.contains(name) ? storeBound(report) : memory
      check("memory of \(name)", bound, report.figure { RunReport.memory(of: name, $0) })
      check(
        "descriptors of \(name)", descriptorBound(of: name),
        report.figure { RunReport.descriptors(of: name, $0) })
    }
    check("the ledger's lag", lag, report.figure(\.lagMilliseconds))
    check("the streams' length", streamLength, report.figure(\.streamLength))
    check("dead rows", deadRows, report.figure(\.deadRows))
    return missed
  }

  private func descriptorBound(of name: String) -> Bound? {
    guard var bound = descriptors else { return nil }
    if Self.fileCaches.contains(name) { bound.share += Self.fileCacheShare }
    return bound
  }

  private func storeBound(_ report: RunReport) -> Bound? {
    storeBytesPerRequest.map {
      Bound(
        share: 0,
        slack: $0 * Double(report.result.tally.finished) * (1 - warmUp) + (memory?.slack ?? 0))
    }
  }

  private func settled(
    _ points: [(seconds: Double, value: Double)], _ report: RunReport
  ) -> [Double] {
    points.filter { $0.seconds >= report.result.seconds * warmUp }.map(\.value)
  }
}
