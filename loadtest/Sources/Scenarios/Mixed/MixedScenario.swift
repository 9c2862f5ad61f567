/// A whole sale: a crowd comes, all at once unless told otherwise, waits in a room, is admitted bit by bit,
/// claims coupons, orders pieces, and pays half of them; the others lapse. Every answer is checked, and
/// afterwards all of it compared with the ledger.
final class MixedScenario: LoadScenario {
  static let name = "mixed"
  static let summary =
    "a whole sale: a crowd comes at once, waits in a room, claims, orders, half of it pays"

  let outcomes = ShopperOutcome.all
  /// What progress is told by: shoppers, however often each asks.
  var requestCount: Int { run.terms.shoppers }
  private let run: SaleRun

  static let defaultCapacity = 2_000
  static let defaultAdmissions = 500
  static let defaultSessionSeconds = 60
  static let defaultGraceSeconds = 60
  /// Milliseconds that a shopper looks at an answer.
  static let defaultThink = 200

  static let options: [CommandArguments.Option] =
    [
      .init("capacity", "N", "shoppers inside at once (2000)"),
      .init("admissions", "N", "admissions a second (500)"),
      .init("session", "S", "seconds that an admission lasts (60)"),
      .init("grace", "S", "seconds that a ticket lives without a poll (60)"),
    ] + SaleTerms.options + TokenOptions.options

  init(arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    var terms = try SaleTerms(
      arguments, shoppers: load.requests, users: load.requests, cancelPercent: 0,
      think: Self.defaultThink)
    terms.room = RoomWish(
      capacity: try arguments.integer("capacity", in: 1...1_000_000) ?? Self.defaultCapacity,
      admissions: try arguments.integer("admissions", in: 1...100_000) ?? Self.defaultAdmissions,
      sessionSeconds: try arguments.integer("session", in: 1...86_400)
        ?? Self.defaultSessionSeconds,
      graceSeconds: try arguments.integer("grace", in: 1...3_600) ?? Self.defaultGraceSeconds)
    let isTold = arguments.has("profile") || arguments.has("shape")
    let tokens = try TokenOptions(arguments)
    guard tokens.canAdminister else {
      throw UsageError("give --data DIR or --admin-token FILE: the run makes a sale")
    }
    run = SaleRun(
      terms: terms, load: load,
      arrivals: ArrivalSchedule(
        shape: isTold ? load.shape : .burst, count: terms.shoppers, rate: load.rate),
      tokens: tokens, databaseURL: arguments["database"])
  }

  func run(_ display: ProgressDisplay) async throws(ScenarioError) -> LoadRun.Result {
    try await run.run(display)
  }
}
