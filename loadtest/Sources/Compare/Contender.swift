/// One of the systems that are measured side by side.
protocol Contender: AnyObject {
  /// For the result table.
  var name: String { get }

  /// Starts its servers.
  ///
  /// - Throws: `ScenarioError`.
  func start() async throws(ScenarioError)

  /// Makes ready for one run, and says what wrk has to do.
  ///
  /// - Throws: `ScenarioError`.
  func prepare(_ load: CompareLoad) async throws(ScenarioError) -> WrkTask

  /// CPU seconds used so far, by part.
  func processorSeconds() -> [String: Double]

  /// Waits until nothing of the last run is still being worked on; returns notes for the report.
  func settle() async throws(ScenarioError) -> [String: Double]

  /// Stops its servers.
  func stop() async
}

/// What the users of a run meet.
enum CompareLoad: String, Sendable, CaseIterable {
  /// Every claim is a user's first and wins.
  case winning
  /// Nothing is left, and nobody who asks holds a coupon.
  case soldOut = "sold out"

  /// More coupons than any run can claim.
  static let plenty = 100_000_000
}

/// One call of wrk.
struct WrkTask: Sendable {
  let url: String
  /// The file with the Lua script that makes the requests.
  let script: String
  let environment: [String: String]

  /// Runs wrk.
  ///
  /// - Throws: `ScenarioError` when wrk is missing or fails.
  func run(connections: Int, seconds: Int) async throws(ScenarioError) -> WrkReport {
    let child = try await ChildProgram.start(
      [
        "wrk", "--threads", "1", "--connections", String(connections), "--duration", "\(seconds)s",
        "--latency", "--script", script, url,
      ], environment: environment)
    let text = try await child.finish(within: .seconds(seconds + 20))
    guard let report = WrkReport(text) else {
      throw ScenarioError("wrk said something else than expected: \(text)")
    }
    return report
  }
}
