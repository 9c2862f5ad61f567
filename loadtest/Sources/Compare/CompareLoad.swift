/// What the users of a run meet.
enum CompareLoad: String, Sendable, CaseIterable {
  /// Every claim is a user's first and wins.
  case winning
  /// The same with an idempotency key and under a rate policy of the campaign.
  case keyed = "winning with key and policy"
  /// Every order is granted: one piece, with an idempotency key and under a rate policy of the sale.
  case order
  /// The same where the sale limits what a user may buy.
  case limitedOrder = "order with a limit per user"
  /// Nothing is left, and nobody who asks holds a coupon.
  case soldOut = "sold out"
  /// The same requests to a route whose answer is always the same: what the server, the kernel and the
  /// generator take by themselves.
  case fixed = "fixed answer"
  /// Visitors who wait in a room ask how far they are.
  case poll
  /// The same requests to a route whose rate policy refuses them all, from the node's memory.
  case refused = "rate limited"
  /// Every user orders a piece and pays it; more come than any system is aimed at.
  case paid = "order and pay"
  /// The same at half of the rate that is aimed at.
  case paidAtHalf = "order and pay at half the aim"

  /// More coupons or pieces than any run can take.
  static let plenty = 100_000_000
  /// A rate that no run reaches.
  static let unreachedRate = 1_000_000

  /// The status of the answers that the load is about, where Spillway gives them; nil where every answer is
  /// judged by who asks.
  var status: Int? {
    switch self {
    case .winning, .keyed, .order, .limitedOrder: 201
    case .soldOut: 410
    case .fixed, .poll: 200
    case .refused: 429
    case .paid, .paidAtHalf: nil
    }
  }

  /// How many orders a second come, where those who send them do not wait for answers; nil where they do.
  var ordersPerSecond: Int? {
    switch self {
    case .paid: Aims.paidPerSecond * 2
    case .paidAtHalf: Aims.paidPerSecond / 2
    default: nil
    }
  }

  /// The connections that a load has, whatever others have; nil for those of the comparison. Each buyer holds
  /// one until the ledger has the payment.
  var connections: Int? { ordersPerSecond == nil ? nil : 512 }

  /// The loads of a list, separated by commas, in the words of the report.
  ///
  /// - Throws: `UsageError` for a word that is none.
  static func list(_ text: String) throws(UsageError) -> [CompareLoad] {
    var loads: [CompareLoad] = []
    for word in text.split(separator: ",") {
      guard let load = CompareLoad(rawValue: String(word)) else {
        let known = allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError("unknown load \(word); there are: \(known)")
      }
      loads.append(load)
    }
    return loads
  }
}
