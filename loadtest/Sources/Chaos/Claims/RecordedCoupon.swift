internal import Domain

/// A row of the ledger's coupons.
struct RecordedCoupon: Sendable, Equatable {
  let sequence: Int
  let user: String
  let coupon: Identifier
  let ordinal: Int
  /// Milliseconds since 1970.
  let issuedAt: Int
  var status = "ISSUED"
  /// The order that it was used by.
  var usedBy: Identifier?
}

/// What the ledger and Redis hold of one campaign after a round.
struct CampaignState: Sendable {
  /// All rows, by sequence.
  var rows: [RecordedCoupon] = []
  /// The ledger's own count.
  var counted = 0
  /// The ledger's terms: quantity and version.
  var terms = Terms(quantity: nil, version: nil)
  /// Redis' terms.
  var termsInRedis = Terms(quantity: nil, version: nil)
  /// Redis' count.
  var issuedInRedis: Int?
  /// Redis' holders: a user's coupons as `sequence:milliseconds`, separated by commas.
  var holdersInRedis: [String: String] = [:]

  struct Terms: Equatable, Sendable {
    var quantity: Int?
    var version: Int?
  }
}
