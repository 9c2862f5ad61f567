/// What a whole sale is like: who comes, what there is for them, and how they behave.
struct SaleTerms: Sendable {
  /// Shoppers in all.
  var shoppers: Int
  /// Shoppers of one turn, each a user of its own; the next turn brings the same users to a new sale.
  var users: Int
  /// Coupons of a turn, and pieces.
  var coupons: Int
  var pieces: Int
  var skus: Int
  /// The waiting room before everything; nil for none.
  var room: RoomWish?
  /// How many of a hundred buyers do not pay, and how many of a hundred of those cancel.
  var abandonPercent: Int
  var cancelPercent: Int
  /// How many of a hundred claim, or pay, a second time.
  var repeatPercent: Int
  /// Milliseconds that a shopper looks at an answer before it goes on.
  var think: Int
  var reservationSeconds: Int
  var acknowledge: String
  var cell: String

  /// Minor units of a piece.
  static let price = 129_000
  /// What is in a wallet beside what it will pay.
  static let change = 1_000

  var turns: Int { (shoppers + users - 1) / users }

  /// Pieces of each SKU: the total, spread as evenly as it goes.
  var spread: [Int] { (0..<skus).map { pieces / skus + ($0 < pieces % skus ? 1 : 0) } }

  // Each habit takes its own steps through the users, so that all combinations come.
  func abandons(_ user: Int) -> Bool { user * 61 % 100 < abandonPercent }
  func cancels(_ user: Int) -> Bool {
    user / 100 * 37 % 100 < cancelPercent || cancelPercent == 100
  }
  func repeats(_ user: Int) -> Bool { user * 37 % 100 < repeatPercent }
  func sku(of user: Int) -> Int { user % skus }

  /// Shoppers of a turn.
  func shoppers(ofTurn turn: Int) -> Int { min(users, shoppers - turn * users) }

  static let options: [CommandArguments.Option] = [
    .init("coupons", "N", "coupons of a sale (half of its users)"),
    .init("quantity", "N", "pieces of a sale (half of its users)"),
    .init("skus", "N", "SKUs of a sale (8)"),
    .init("abandon", "PERCENT", "buyers who do not pay (50)"),
    .init("cancel", "PERCENT", "of those, how many cancel; the others let it lapse"),
    .init("repeats", "PERCENT", "claims and payments sent again (5)"),
    .init("think", "MS", "milliseconds that a shopper looks at an answer"),
    .init("reservation", "S", "seconds that a reservation lasts (10)"),
    .init("acknowledge", "WHEN", "hot or ledger (hot)"),
    .init("cell", "WHICH", "shared with the market, or the sale's own (shared)"),
    .init("database", "URL", "the ledger to compare with, when it is not that of --data"),
  ]

  /// - Parameters:
  ///   - users: of a turn.
  ///   - cancelPercent: where the command line does not tell; `think` as well.
  /// - Throws: `UsageError` naming the option that is wrong.
  init(
    _ arguments: CommandArguments, shoppers: Int, users: Int, cancelPercent: Int, think: Int
  ) throws(UsageError) {
    self.shoppers = shoppers
    self.users = users
    coupons =
      try arguments.integer("coupons", in: 1...ClaimRecord.maximumSequence) ?? max(1, users / 2)
    skus = try arguments.integer("skus", in: 1...50) ?? 8
    pieces = try arguments.integer("quantity", in: 1...1_000_000_000) ?? max(skus, users / 2)
    guard pieces >= skus else { throw UsageError("--quantity must be at least --skus") }
    abandonPercent = try arguments.integer("abandon", in: 0...100) ?? 50
    self.cancelPercent = try arguments.integer("cancel", in: 0...100) ?? cancelPercent
    repeatPercent = try arguments.integer("repeats", in: 0...100) ?? 5
    self.think = try arguments.integer("think", in: 0...60_000) ?? think
    reservationSeconds = try arguments.integer("reservation", in: 1...86_400) ?? 10
    acknowledge = arguments["acknowledge"] ?? "hot"
    guard ["hot", "ledger"].contains(acknowledge) else {
      throw UsageError("--acknowledge must be hot or ledger")
    }
    cell = arguments["cell"] ?? "shared"
    guard ["shared", "own"].contains(cell) else { throw UsageError("--cell must be shared or own") }
  }
}
