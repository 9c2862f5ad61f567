/// Whose a cart is.
public enum CartHolder: Hashable, Sendable {
  case member(UserID)
  /// A guest, known by a signed cookie.
  case guest(Identifier)

  /// How long the holder's carts are kept after their last change.
  public var life: Duration {
    switch self {
    case .member: CartBounds.memberLife
    case .guest: CartBounds.guestLife
    }
  }

  /// The member; nil for a guest.
  public var user: UserID? {
    switch self {
    case .member(let user): user
    case .guest: nil
    }
  }
}

/// Which of a holder's carts is meant: a cart becomes one order, and an order is of one market, and of one
/// sale or of none.
public struct CartPlace: Hashable, Sendable {
  public let market: Market
  public let scope: StockScope

  public init(market: Market, scope: StockScope) {
    self.market = market
    self.scope = scope
  }
}
