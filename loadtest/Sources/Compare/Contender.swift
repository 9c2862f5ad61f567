/// One of the systems that are measured side by side.
protocol Contender: AnyObject {
  /// For the result table.
  var name: String { get }

  /// Starts its servers.
  ///
  /// - Throws: `ScenarioError`.
  func start() async throws(ScenarioError)

  /// Makes ready for one run, and says what the generator has to do; nil for a load that it has
  /// no part in. What a run asks is asked before it, a few times, and the answers are looked at.
  ///
  /// - Throws: `ScenarioError`, also when an answer is wrong.
  func prepare(_ load: CompareLoad) async throws(ScenarioError) -> (any GeneratorTask)?

  /// Requests answered so far by status, as its server counts; nil from one that does not.
  func answers() async -> [Int: Double]?

  /// CPU seconds used so far, by part.
  func processorSeconds() -> [String: Double]

  /// Waits until nothing of the last run is still being worked on; returns notes for the report.
  func settle() async throws(ScenarioError) -> [String: Double]

  /// Stops its servers; also those of a start that failed, and none when there was no start.
  func stop() async
}

extension Contender {
  func answers() async -> [Int: Double]? { nil }
}
