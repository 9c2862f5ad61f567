internal import Domain

/// What one buyer has done so far, and does next.
struct Buyer {
  enum Step: UInt8 {
    case order, pay
    /// Sends the payment again under the same key, as a client does that lost the answer.
    case payAgain
    /// The same with its order, once all is paid.
    case orderAgain
    case done
  }

  var step = Step.order
  /// Answers in a row that asked to come again.
  var failures: UInt8 = 0
  var order: Identifier?
  var payment: PaymentMade?
}

/// A payment that a client was told of.
struct PaymentMade: Sendable, Equatable {
  let payment: Identifier
  let paidAt: Instant
  /// Minor units.
  let balanceAfter: Int
}

/// A payment with the buyer that was told of it.
struct AcknowledgedPayment: Sendable, Equatable {
  /// The buyer's index in the run.
  let buyer: Int
  let order: Identifier
  let made: PaymentMade
}
