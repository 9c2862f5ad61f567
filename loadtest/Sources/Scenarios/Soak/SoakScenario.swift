/// A steady mix for a long time: shoppers look at stock, claim, order, pay, cancel or let lapse, at a share
/// of a given rate; every so often a new sale begins. What the installation uses is watched all the while,
/// and may not grow.
final class SoakScenario: LoadScenario {
  static let name = "soak"
  static let summary =
    "a steady mix of claims, orders and payments for long, in which nothing may grow"

  let outcomes = ShopperOutcome.all
  /// What progress is told by: shoppers, however often each asks.
  var requestCount: Int { run.terms.shoppers }
  let trends: TrendBounds
  private let run: SaleRun

  static let defaultSeconds = 60.0
  static let defaultShare = 60
  /// Seconds between two sales.
  static let defaultTurn = 20.0
  /// Of the abandoned orders, how many are cancelled.
  static let defaultCancelPercent = 50
  private static let fewestUsers = 50
  /// How many more processes PostgreSQL may have: pools are full after the beginning, and workers come and go.
  private static let moreProcesses = 8.0
  private static let mebibyte = 1_048_576.0

  static let options: [CommandArguments.Option] =
    [
      .init("top-rate", "R", "the highest rate of shoppers a second that was measured"),
      .init("share", "PERCENT", "how much of that comes (60)"),
      .init("turn", "S", "seconds until a new sale begins (20)"),
      .init(
        "warm-up", "PERCENT", "how much of the run is its beginning, which does not count (25)"),
      .init(
        "bound-memory", "PERCENT", "how far a process' private memory may grow (10, and 16 MiB)"),
      .init("bound-store", "BYTES", "memory that the store may keep for a coupon or order (512)"),
      .init("bound-descriptors", "N", "how many more descriptors may be open (16)"),
      .init("bound-lag", "MS", "how far the ledger's lag may grow (250, and a half)"),
      .init("bound-stream", "N", "how far the streams may grow (50000, and a half)"),
      .init("bound-dead-rows", "N", "how far dead rows may grow (100000, and a half)"),
    ] + SaleTerms.options + TokenOptions.options

  init(arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    guard load.closed == nil else { throw UsageError("a soak has a rate, and no --closed") }
    let seconds = try arguments.number("seconds", in: LoadOptions.lengths) ?? Self.defaultSeconds
    let share = try arguments.integer("share", in: 1...1000) ?? Self.defaultShare
    let top = try arguments.number("top-rate", in: LoadOptions.rates)
    let told = try arguments.number("rate", in: LoadOptions.rates)
    guard let rate = top.map({ $0 * Double(share) / 100 }) ?? told else {
      throw UsageError("a soak needs --top-rate, of which it takes a share, or --rate")
    }
    let shoppers = max(1, Int(rate * seconds))
    let turn = try arguments.number("turn", in: LoadOptions.lengths) ?? Self.defaultTurn
    let users =
      try arguments.integer("users", in: 1...LoadOptions.maximumUsers)
      ?? min(LoadOptions.maximumUsers, max(Self.fewestUsers, Int(rate * turn)))
    var terms = try SaleTerms(
      arguments, shoppers: shoppers, users: min(users, shoppers),
      cancelPercent: Self.defaultCancelPercent, think: 0)
    // Scarce, but not so scarce that most of the mix is refusals.
    if arguments["coupons"] == nil { terms.coupons = max(1, terms.users * 9 / 10) }
    if arguments["quantity"] == nil { terms.pieces = max(terms.skus, terms.users * 9 / 10) }
    let tokens = try TokenOptions(arguments)
    guard tokens.canAdminister else {
      throw UsageError("give --data DIR or --admin-token FILE: the run makes sales")
    }
    trends = try Self.bounds(arguments)
    run = SaleRun(
      terms: terms, load: load,
      arrivals: ArrivalSchedule(shape: .steady, count: shoppers, rate: rate), tokens: tokens,
      databaseURL: arguments["database"])
  }

  private static func bounds(_ arguments: CommandArguments) throws(UsageError) -> TrendBounds {
    func number(_ name: String, _ standard: Int) throws(UsageError) -> Double {
      Double(try arguments.integer(name, in: 0...1_000_000_000) ?? standard)
    }
    var bounds = TrendBounds()
    bounds.memory = .init(
      share: try number("bound-memory", 10) / 100, slack: 16 * mebibyte)
    bounds.storeBytesPerKept = try number("bound-store", 512)
    bounds.kept = [ShopperOutcome.issued, .reserved].map(\.rawValue)
    bounds.descriptors = .init(share: 0, slack: try number("bound-descriptors", 16))
    bounds.processes = .init(share: 0, slack: Self.moreProcesses)
    bounds.lag = .init(share: 0.5, slack: try number("bound-lag", 250))
    bounds.streamLength = .init(share: 0.5, slack: try number("bound-stream", 50_000))
    bounds.deadRows = .init(share: 0.5, slack: try number("bound-dead-rows", 100_000))
    bounds.warmUp = Double(try arguments.integer("warm-up", in: 0...90) ?? 25) / 100
    return bounds
  }

  func run(_ display: ProgressDisplay) async throws(ScenarioError) -> LoadRun.Result {
    try await run.run(display)
  }
}
