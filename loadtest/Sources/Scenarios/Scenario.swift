internal import EventLoop

/// A kind of load whose requests are all due at moments that are fixed beforehand, with its own idea of
/// what a right answer is.
///
/// A scenario prepares the server, makes one driver a worker, and after the run says what was broken.
protocol Scenario: LoadScenario {
  var load: LoadOptions { get }

  /// Requests in all, repeats included.
  var requestCount: Int { get }

  /// Makes ready what the load needs. Runs on a loop.
  ///
  /// - Throws: `ScenarioError` when the load cannot begin.
  func prepare(on loop: EventLoop) async throws(ScenarioError)

  /// Makes the driver of one worker; called on that worker's loop.
  func makeDriver(for share: ScheduleShare) -> any RequestDriver

  /// Judges the whole run: checks that need all answers, and comparisons with the ledger.
  func conclude(
    drivers: [any RequestDriver], tally: Tally, on loop: EventLoop
  ) async -> Conclusion
}

extension Scenario {
  func run(_ display: ProgressDisplay) async throws(ScenarioError) -> LoadRun.Result {
    try await LoadRun(load: load).run(self, display: display)
  }
}

/// What a scenario says after its run.
struct Conclusion: Sendable {
  /// Facts for the result table, in order.
  var facts: [(name: String, value: String)] = []
  /// What must not be.
  var breaches = Breaches()
  /// Objectives of the scenario's own that were missed, in words.
  var missed: [String] = []
}
