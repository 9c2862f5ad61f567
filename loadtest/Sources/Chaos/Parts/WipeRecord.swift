internal import Domain

/// What a wipe of Redis took away.
struct WipeRecord: Sendable {
  /// Facts above the ledger's cursor when everything went: these alone may be lost.
  var unrecorded: Set<FactName> = []
  /// The wipe may have happened without an answer: what it took is not known then.
  var isUncertain = false
  /// When it happened, on the monotonic clock.
  var moment: UInt64 = 0
  /// What a client was told before this moment was kept: with `appendfsync everysec` the last second alone
  /// may be lost.
  var keptUntil: UInt64 = 0
  /// From the wipe until all cells were open again, in milliseconds.
  var reopenedAfter: Int?

  /// Whether it may have taken a fact that a client has heard of at `endedAt`, in answer to a request begun
  /// at `startedAt`.
  func mayHaveTaken(
    _ fact: FactName, askedAt startedAt: UInt64, toldAt endedAt: UInt64
  ) -> Bool {
    startedAt < moment && endedAt >= keptUntil && (isUncertain || unrecorded.contains(fact))
  }
}

/// A coupon or an order as the stream names it.
enum FactName: Hashable, Sendable {
  case coupon(campaign: Identifier, sequence: Int, user: String)
  case order(Identifier)
}
