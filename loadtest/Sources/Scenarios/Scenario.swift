internal import EventLoop

/// A kind of load with its own idea of what a right answer is.
///
/// A scenario prepares the server, makes one driver a worker, and after the run says what was broken.
protocol Scenario: AnyObject {
  /// The word after `run` on the command line.
  static var name: String { get }
  /// One line for the help text.
  static var summary: String { get }
  /// The options beside ``LoadOptions/options``.
  static var options: [CommandArguments.Option] { get }

  /// - Throws: `UsageError`.
  init(arguments: CommandArguments, load: LoadOptions) throws(UsageError)

  /// The ways in which its requests can end; drivers answer with indices into this.
  var outcomes: [Outcome] { get }

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

/// Why a scenario could not begin or end; ends the program with status 1.
struct ScenarioError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// What a scenario says after its run.
struct Conclusion: Sendable {
  /// Facts for the result table, in order.
  var facts: [(name: String, value: String)] = []
  /// What must not be.
  var breaches = Breaches()
}
