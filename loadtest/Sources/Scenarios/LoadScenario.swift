/// Something that `run` can run by name.
protocol LoadScenario: AnyObject {
  /// The word after `run` on the command line.
  static var name: String { get }
  /// One line for the help text.
  static var summary: String { get }
  /// The options beside ``LoadOptions/options``.
  static var options: [CommandArguments.Option] { get }

  /// - Throws: `UsageError`.
  init(arguments: CommandArguments, load: LoadOptions) throws(UsageError)

  /// The ways in which its requests can end; tallies are indexed by them.
  var outcomes: [Outcome] { get }

  /// What progress is told by, in all.
  var requestCount: Int { get }

  /// What may not grow in the course of it.
  var trends: TrendBounds { get }

  /// Prepares the server, runs the load and judges it.
  ///
  /// - Throws: `ScenarioError` when the load could not begin.
  func run(_ display: ProgressDisplay) async throws(ScenarioError) -> LoadRun.Result
}

extension LoadScenario {
  var trends: TrendBounds { TrendBounds() }
}
