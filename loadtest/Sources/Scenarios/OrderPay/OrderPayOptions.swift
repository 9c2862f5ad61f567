internal import Embedded
internal import EventLoop

/// The options of the order-pay scenario beside those that all share.
struct OrderPayOptions: Sendable {
  var users: Int
  var skus: Int
  /// How many of a hundred payments are sent again under the same key, and then their orders.
  var repeatPercent: Int
  /// How many of a hundred buyers have too little in their wallets.
  var poorPercent: Int
  /// How long a buyer looks at the order before it pays.
  var think: Duration
  var acknowledge: String
  var cell: String
  /// A missed objective ends the program with status 1: the longest P95 of payments, in nanoseconds.
  var longestPaymentP95: UInt64?
  /// And the fewest paid orders a second.
  var fewestPaid: Int?
  var tokens: TokenOptions
  var databaseURL: String?

  static let options: [CommandArguments.Option] =
    [
      .init("skus", "N", "SKUs of the sale (16)"),
      .init("repeats", "PERCENT", "payments, then orders, sent again under the same key (2)"),
      .init("poor", "PERCENT", "buyers who have too little to pay with (0)"),
      .init("think", "MS", "milliseconds between the order and its payment (0)"),
      .init("acknowledge", "WHEN", "when orders are acknowledged: hot or ledger (hot)"),
      .init("cell", "WHICH", "shared with the market, or the sale's own (shared)"),
      .init("objective-payment-p95", "MS", "fail when the payments' P95 is above this"),
      .init("objective-paid", "R", "fail when fewer orders a second are paid"),
      .init("database", "URL", "the ledger to compare with, when it is not that of --data"),
    ] + TokenOptions.options

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    users = load.requests
    skus = try arguments.integer("skus", in: 1...50) ?? 16
    repeatPercent = try arguments.integer("repeats", in: 0...100) ?? 2
    poorPercent = try arguments.integer("poor", in: 0...100) ?? 0
    think = .milliseconds(try arguments.integer("think", in: 0...60_000) ?? 0)
    acknowledge = arguments["acknowledge"] ?? "hot"
    guard ["hot", "ledger"].contains(acknowledge) else {
      throw UsageError("--acknowledge must be hot or ledger")
    }
    cell = arguments["cell"] ?? "shared"
    guard ["shared", "own"].contains(cell) else { throw UsageError("--cell must be shared or own") }
    longestPaymentP95 = try arguments.number(
      "objective-payment-p95", in: Objectives.latencies
    ).map { UInt64($0 * 1e6) }
    fewestPaid = try arguments.integer("objective-paid", in: 1...1_000_000)
    tokens = try TokenOptions(arguments)
    databaseURL = arguments["database"]
    guard tokens.canAdminister else {
      throw UsageError(
        "give --data DIR or --admin-token FILE: the run makes a sale and fills wallets")
    }
  }

  /// The ledger to fill wallets in and to compare with; nil where it cannot be reached.
  var ledger: String? {
    databaseURL ?? tokens.dataFolder.map { EmbeddedServers.postgres(in: $0).url }
  }

  /// Whether a buyer has too little; the same ones spread over the whole run.
  func isPoor(_ buyer: Int) -> Bool { buyer * 61 % 100 < poorPercent }

  /// Whether a buyer sends its payment twice, and its order.
  func repeats(_ buyer: Int) -> Bool { buyer * 37 % 100 < repeatPercent }
}
