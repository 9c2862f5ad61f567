/// What happens to an order.
public enum OrderEvent: Hashable, Sendable {
  /// A wallet gave its whole total.
  case payment
  /// Its time to be paid is over.
  case lapse
  /// Somebody wants it no more.
  case cancellation
  /// Its goods were handed over to shipping.
  case fulfilment
  /// Money went back: all that was paid, or a part of it.
  case refund(isComplete: Bool)
}

/// The life of an order as a pure machine: where it is, and where an event takes it.
public struct OrderMachine: Hashable, Sendable {
  public private(set) var status: OrderStatus
  /// Until when a pending order can be paid.
  public let reservedUntil: Instant

  /// Why an event did not take place.
  public enum Refusal: Error, Hashable, Sendable {
    /// It has no place in this status.
    case status(OrderStatus)
    /// The order can no longer be paid; it is about to be cancelled.
    case overdue
    /// The order can still be paid.
    case early
  }

  public init(status: OrderStatus = .pending, reservedUntil: Instant) {
    self.status = status
    self.reservedUntil = reservedUntil
  }

  /// Takes `event`; a refused one changes nothing.
  public mutating func apply(_ event: OrderEvent, at now: Instant) throws(Refusal) {
    status = try next(event, at: now)
  }

  /// Where `event` would take the order.
  public func next(_ event: OrderEvent, at now: Instant) throws(Refusal) -> OrderStatus {
    switch (status, event) {
    case (.pending, .payment):
      guard now < reservedUntil else { throw .overdue }
      return .paid
    case (.pending, .lapse):
      guard now >= reservedUntil else { throw .early }
      return .cancelled
    case (.pending, .cancellation), (.paid, .cancellation): return .cancelled
    case (.paid, .fulfilment): return .fulfilled
    case (.paid, .refund(true)), (.fulfilled, .refund(true)): return .refunded
    case (.paid, .refund(false)), (.fulfilled, .refund(false)): return status
    default: throw .status(status)
    }
  }
}
