/// How a round went.
struct RoundReport: Sendable {
  let plan: RoundPlan
  var claims = 0
  /// Answers that brought a coupon.
  var coupons = 0
  var soldOut = 0
  /// Intents that were without an answer at some time, all resolved later.
  var unknown = 0
  /// Coupons told of that a wipe took away.
  var lost = 0
  /// Rows in the ledger.
  var recorded = 0
  /// From the last restart until every process said that it serves.
  var recoveredAfter: Int?
  /// From a wipe until the cells were open.
  var reopenedAfter: Int?
  var breaches = Breaches()

  private static let heading = [
    "round", "struck", "claims", "coupons", "sold out", "unknown", "lost", "recorded",
    "recovered", "reopened", "",
  ]
  private static let widths = [5, 8, 8, 8, 8, 7, 5, 8, 9, 8, 6]

  /// The head of the table.
  static var header: String { line(heading, struck: "") }

  /// The round as a row of the table, with what was struck behind it.
  var row: String {
    Self.line(
      [
        "\(plan.number)", "\(plan.strikes.count)x", TextFormat.grouped(claims),
        TextFormat.grouped(coupons), TextFormat.grouped(soldOut), TextFormat.grouped(unknown),
        TextFormat.grouped(lost), TextFormat.grouped(recorded),
        recoveredAfter.map { "\($0) ms" } ?? "never", reopenedAfter.map { "\($0) ms" } ?? "",
        breaches.count == 0 ? "held" : "BREACH",
      ], struck: plan.strikes.map(\.description).joined(separator: ", "))
  }

  private static func line(_ cells: [String], struck: String) -> String {
    zip(cells, widths).map { TextFormat.padded($0, to: $1, right: true) }
      .joined(separator: "  ") + "  " + struck
  }
}
