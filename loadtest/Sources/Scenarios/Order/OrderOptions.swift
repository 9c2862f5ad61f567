internal import EventLoop

/// The options of the order scenario beside those that all share.
struct OrderOptions: Sendable {
  var users: Int
  var repeats: Int
  /// Pieces in all.
  var quantity: Int
  var skus: Int
  /// How many of a hundred buyers let their reservation lapse; the others keep it.
  var abandonPercent: Int
  var reservation: Duration
  var acknowledge: String
  var cell: String
  /// Requests a user may send in a second; nil for no rate policy.
  var ratePerUser: Int?
  var tokens: TokenOptions
  var databaseURL: String?

  static let options: [CommandArguments.Option] =
    [
      .init("quantity", "N", "pieces in all, spread over the SKUs (1000)"),
      .init("skus", "N", "SKUs of the sale (3)"),
      .init("repeats", "PERCENT", "orders sent again under the same key (5)"),
      .init("abandon", "PERCENT", "buyers who let their reservation lapse (50)"),
      .init("reservation", "S", "seconds that a reservation lasts (10)"),
      .init("acknowledge", "WHEN", "hot or ledger (hot)"),
      .init("cell", "WHICH", "shared with the market, or the sale's own (shared)"),
      .init("rate-per-user", "N", "orders a second that the sale's rate policy lets a user send"),
      .init("database", "URL", "the ledger to compare with, and to settle kept orders in"),
    ] + TokenOptions.options

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    users = load.requests
    guard users >= load.threads else { throw UsageError("--users must be at least --threads") }
    repeats = users * (try arguments.integer("repeats", in: 0...1000) ?? 5) / 100
    skus = try arguments.integer("skus", in: 1...50) ?? 3
    let total = try arguments.integer("quantity", in: 1...1_000_000_000) ?? 1000
    guard total >= skus else { throw UsageError("--quantity must be at least --skus") }
    quantity = total
    abandonPercent = try arguments.integer("abandon", in: 0...100) ?? 50
    reservation = .seconds(try arguments.integer("reservation", in: 1...86_400) ?? 10)
    acknowledge = arguments["acknowledge"] ?? "hot"
    guard ["hot", "ledger"].contains(acknowledge) else {
      throw UsageError("--acknowledge must be hot or ledger")
    }
    cell = arguments["cell"] ?? "shared"
    guard ["shared", "own"].contains(cell) else { throw UsageError("--cell must be shared or own") }
    ratePerUser = try arguments.integer("rate-per-user", in: 1...1_000_000)
    tokens = try TokenOptions(arguments)
    databaseURL = arguments["database"]
    guard tokens.canAdminister else {
      throw UsageError("--tokens needs --admin-token or --data beside it")
    }
  }

  /// The pieces of each SKU: the total, spread as evenly as it goes.
  var pieces: [Int] { (0..<skus).map { quantity / skus + ($0 < quantity % skus ? 1 : 0) } }
}
