/// One of the systems that are measured side by side.
protocol Contender: AnyObject {
  /// For the result table.
  var name: String { get }

  /// Starts its servers.
  ///
  /// - Throws: `ScenarioError`.
  func start() async throws(ScenarioError)

  /// Makes ready for one run, and says what wrk has to do; nil for a load that it has no part in.
  ///
  /// - Throws: `ScenarioError`.
  func prepare(_ load: CompareLoad) async throws(ScenarioError) -> WrkTask?

  /// CPU seconds used so far, by part.
  func processorSeconds() -> [String: Double]

  /// Waits until nothing of the last run is still being worked on; returns notes for the report.
  func settle() async throws(ScenarioError) -> [String: Double]

  /// Stops its servers.
  func stop() async
}
