/// A promise that the chaos tool itself breaks, behind the installation's back, to see that it is found.
enum DeliberateBreach: String, CaseIterable, Sendable {
  /// A user has a second coupon where one is the limit, in the ledger as in Redis.
  case doubleClaim = "double-claim"
  /// A coupon that a client was told of is gone, without a trace in the ledger or in Redis.
  case lostFact = "lost-fact"
  /// A piece is reserved for nobody, in the ledger as in Redis.
  case leakedReservation = "leaked-reservation"
}
