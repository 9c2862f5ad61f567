internal import Domain

/// One visitor of a whole sale.
struct Shopper {
  /// What it does next.
  enum Step: UInt8 {
    case join, poll, look, claim, claimAgain, order, pay, payAgain, cancel, leave
  }

  /// Who it is among all, and among the users of its turn.
  let number: Int
  let user: Int
  let turn: SaleTurn
  var step: Step
  /// When it came, in nanoseconds of the monotonic clock.
  let cameAt: UInt64
  /// Answers in a row that asked to come again.
  var failures = 0

  // Of the waiting room.
  var ticket: [UInt8] = []
  var place = 0
  var position: Int?
  var joinedAt: UInt64 = 0
  /// When it sent the last request whose answer said that it waits; 0 for none.
  var waitedAt: UInt64 = 0
  /// When it sent the last request about its ticket that was answered.
  var seenAt: UInt64 = 0
  var admission: [UInt8] = []
  var admittedUntil = Instant.earliest
  var isInside = false

  // Of the order.
  var order: Identifier?
  var orderedAt: UInt64 = 0
  var payment: PaymentMade?
}
