internal import Domain

/// What a wipe of Redis took away.
struct WipeRecord: Sendable {
  /// Facts above the ledger's cursor when everything went: these alone may be lost.
  var unrecorded: Set<FactName> = []
  /// The wipe may have happened without an answer: what it took is not known then.
  var isUncertain = false
  /// When it happened, on the monotonic clock.
  var moment: UInt64 = 0
  /// From the wipe until all cells were open again, in milliseconds.
  var reopenedAfter: Int?
}

/// A coupon as the stream names it.
struct FactName: Hashable, Sendable {
  let campaign: Identifier
  let sequence: Int
  let user: String
}
