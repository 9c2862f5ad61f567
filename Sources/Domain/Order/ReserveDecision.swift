/// What a cell decided about an order. Lines are named by their place among the summed lines of the
/// order, from 0.
public enum ReserveDecision: Sendable, Equatable {
  /// Everything was reserved by this order.
  case granted(Reservation)
  /// The same idempotency key was granted this before.
  case replayed(Reservation)
  /// The idempotency key belongs to another request.
  case keyReused
  /// Over the sale's rate policy.
  case rateLimited(retryAfterMilliseconds: Int)
  /// The cell does not know the sale.
  case unknownSale
  case notOpen(until: Instant)
  case closed
  /// The sale has opened, but its stock has not all arrived.
  case notReady
  /// These lines name what is not sold here.
  case unknownSKUs(lines: [Int])
  /// The lines have prices in different currencies.
  case mixedCurrencies
  /// The user would have more of this line's SKU than one may.
  case limitReached(line: Int, limit: Int, has: Int)
  /// Of these lines' SKUs there is less than asked for.
  case short([Shortage])

  /// Whether the order has its pieces by it.
  public var isReservation: Bool {
    switch self {
    case .granted, .replayed: true
    default: false
    }
  }
}

/// What was reserved for an order.
public struct Reservation: Sendable, Equatable {
  public let order: Identifier
  /// When it lapses unless it is paid.
  public let deadline: Instant
  public let currency: Currency
  /// For each summed line, minor units for one piece.
  public let unitPrices: [Int]
  /// What it is priced by besides: see ``OrderTermsWord``.
  public let terms: String

  public init(
    order: Identifier, deadline: Instant, currency: Currency, unitPrices: [Int],
    terms: String = OrderTermsWord.none
  ) {
    self.order = order
    self.deadline = deadline
    self.currency = currency
    self.unitPrices = unitPrices
    self.terms = terms
  }
}

/// A line that there is too little for.
public struct Shortage: Sendable, Equatable {
  public let line: Int
  /// Pieces that there were.
  public let available: Int

  public init(line: Int, available: Int) {
    self.line = line
    self.available = available
  }
}
