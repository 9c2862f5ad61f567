/// Where an order is in its life.
///
///     PENDING ──> PAID ──> FULFILLED ──> REFUNDED
///        │          ├────> CANCELLED
///        └> CANCELLED└───> REFUNDED
///
/// What was handed over to shipping can be sent back: then its money goes back, and it is refunded.
public enum OrderStatus: String, Sendable, Codable, CaseIterable {
  /// Its stock is reserved; it waits for payment until its deadline.
  case pending = "PENDING"
  case paid = "PAID"
  /// Handed over to shipping.
  case fulfilled = "FULFILLED"
  case cancelled = "CANCELLED"
  case refunded = "REFUNDED"

  /// Where an order may go from here.
  public var successors: Set<OrderStatus> {
    switch self {
    case .pending: [.paid, .cancelled]
    case .paid: [.fulfilled, .cancelled, .refunded]
    case .fulfilled: [.refunded]
    case .cancelled, .refunded: []
    }
  }

  /// Whether an order may go from here to `next`.
  public func mayBecome(_ next: OrderStatus) -> Bool { successors.contains(next) }

  /// Nothing comes behind it.
  public var isFinal: Bool { successors.isEmpty }

  /// Where the pieces of an order in this state are. One that was cancelled after it was paid has sold
  /// its pieces too: they come back by a movement.
  public var stock: StockUse {
    switch self {
    case .pending: .reserved
    case .paid, .fulfilled: .sold
    // Whether what was refunded comes back on sale is for the stock's own movements to say.
    case .refunded: .sold
    case .cancelled: .returned
    }
  }

  /// What an order does to the stock of its account.
  public enum StockUse: Sendable {
    case reserved
    case sold
    case returned
  }
}
