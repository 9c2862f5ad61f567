/// How a round went.
struct RoundReport: Sendable {
  let plan: RoundPlan
  /// Requests that reached a server.
  var requests = 0
  /// Answers that brought a coupon or an order.
  var granted = 0
  /// Answers that there is none.
  var refused = 0
  /// What was without an answer at some time, all resolved later.
  var unknown = 0
  /// What was told of and a wipe took away.
  var lost = 0
  /// Rows in the ledger: coupons and orders.
  var recorded = 0
  /// Orders paid for, and orders that were cancelled or lapsed.
  var paid = 0
  var givenBack = 0
  /// Readings of stock.
  var samples = 0
  /// From the last restart until every process said that it serves.
  var recoveredAfter: Int?
  /// From a wipe until the cells were open.
  var reopenedAfter: Int?
  /// Strikes that this machine does not allow, and why.
  var skipped: [String] = []
  /// Requests by their kind.
  var operations = OperationCounts()
  var breaches = Breaches()

  private static let columns: [(name: String, width: Int)] = [
    ("round", 5), ("struck", 6), ("requests", 8), ("granted", 7), ("refused", 7), ("unknown", 7),
    ("lost", 5), ("recorded", 8), ("paid", 6), ("returned", 8), ("readings", 8),
    ("recovered", 9), ("reopened", 8), ("", 6),
  ]

  /// The head of the table.
  static var header: String { line(columns.map(\.name), struck: "") }

  /// The round as a row of the table, with what was struck behind it.
  var row: String {
    let counts = [
      requests, granted, refused, unknown, lost, recorded, paid, givenBack, samples,
    ]
    return Self.line(
      ["\(plan.number)", "\(plan.strikes.count)x"] + counts.map(TextFormat.grouped) + [
        recoveredAfter.map { "\($0) ms" } ?? "never", reopenedAfter.map { "\($0) ms" } ?? "",
        breaches.count == 0 ? "held" : "BREACH",
      ], struck: plan.strikes.map(\.description).joined(separator: ", "))
  }

  private static func line(_ cells: [String], struck: String) -> String {
    zip(cells, columns).map { TextFormat.padded($0, to: $1.width, right: true) }
      .joined(separator: "  ") + "  " + struck
  }
}
