/// What somebody means to order in one market, of one sale or without one. A value; what is there and what it
/// costs comes from outside.
public struct Cart: Sendable, Equatable {
  /// Pieces of one SKU.
  public struct Item: Sendable, Equatable {
    public let sku: SKU
    /// Pieces.
    public var quantity: Int
    /// For one piece, when its holder last said how many.
    public var price: Money

    public init(sku: SKU, quantity: Int, price: Money) {
      self.sku = sku
      self.quantity = quantity
      self.price = price
    }
  }

  /// In the order in which they were put there; no SKU stands twice.
  public private(set) var items: [Item]
  /// The coupon that its holder means to use.
  public var coupon: Identifier?

  /// Traps when a SKU stands twice or a bound is broken.
  public init(items: [Item] = [], coupon: Identifier? = nil) {
    precondition(items.count <= CartBounds.items, "a cart has at most so many items")
    precondition(Set(items.map(\.sku)).count == items.count, "a SKU stands once in a cart")
    precondition(
      items.allSatisfy { CartBounds.quantity.contains($0.quantity) }, "an item has its pieces")
    self.items = items
    self.coupon = coupon
  }

  /// Neither goods nor a coupon: there is nothing to be kept.
  public var isEmpty: Bool { items.isEmpty && coupon == nil }
}

extension Cart {
  // MARK: Changes

  /// Why goods were not put into a cart.
  public enum Refusal: Error, Sendable, Equatable {
    /// The cart has as many SKUs as it may have.
    case full
    /// There are fewer pieces.
    case short(available: Int)
    /// One user may not have as many.
    case limit(limit: Int, has: Int)
    /// The goods that are in it have prices in another currency.
    case otherCurrency
  }

  /// Puts `quantity` pieces of a SKU into the cart, instead of those that are there. The price of today is
  /// then the one that its holder has seen.
  ///
  /// - Parameter quantity: within ``CartBounds/quantity``.
  public mutating func put(
    _ sku: SKU, quantity: Int, at offer: CartOffer
  ) throws(Refusal) {
    precondition(CartBounds.quantity.contains(quantity), "more pieces than an item may have")
    let place = items.firstIndex { $0.sku == sku }
    if place == nil, items.count >= CartBounds.items { throw .full }
    for item in items where item.sku != sku && item.price.currency != offer.price.currency {
      throw .otherCurrency
    }
    if offer.isBeyondLimit(quantity) { throw .limit(limit: offer.limit, has: offer.has) }
    if offer.available < quantity { throw .short(available: offer.available) }
    let item = Item(sku: sku, quantity: quantity, price: offer.price)
    if let place { items[place] = item } else { items.append(item) }
  }

  /// Takes a SKU out; nothing happens when it is not there.
  public mutating func remove(_ sku: SKU) {
    items.removeAll { $0.sku == sku }
  }

  /// Adds the goods of another cart to this one, as far as the bounds and the limits per user let them. What
  /// is there in stock is not looked at: whoever reads the cart is told.
  ///
  /// A coupon of the other cart is left behind.
  /// - Parameter limits: pieces that one user may have of a SKU; none for those not named.
  /// - Returns: the pieces that could not be added.
  public mutating func merge(_ other: Cart, limits: [SKU: Int]) -> [RequestedLine] {
    var left: [RequestedLine] = []
    for item in other.items {
      let most = min(
        CartBounds.quantity.upperBound, max(0, limits[item.sku] ?? CartBounds.quantity.upperBound))
      let place = items.firstIndex { $0.sku == item.sku }
      let has = place.map { items[$0].quantity } ?? 0
      let hasRoom = place != nil || items.count < CartBounds.items
      let isInCurrency = items.allSatisfy { $0.price.currency == item.price.currency }
      // What is there already stays, however low the limit is.
      let added = hasRoom && isInCurrency ? min(item.quantity, max(0, most - has)) : 0
      if added < item.quantity {
        left.append(RequestedLine(sku: item.sku, quantity: item.quantity - added))
      }
      guard added > 0 else { continue }
      if let place {
        items[place].quantity += added
      } else {
        items.append(Item(sku: item.sku, quantity: added, price: item.price))
      }
    }
    return left
  }
}

/// Bounds of carts.
public enum CartBounds {
  /// Most SKUs of one cart: as many as an order may have.
  public static let items = OrderBounds.distinctSKUs.upperBound
  /// Pieces of one SKU.
  public static let quantity = OrderBounds.quantity
  /// Carts of guests that a tenant has; beyond, those that were never touched again are dropped first, and of
  /// these the oldest.
  public static let guestCarts = 1_000_000
  /// How long a guest's cart is kept after its last change.
  public static let guestLife = Duration.seconds(30 * 86_400)
  /// How long a member's cart is kept after its last change.
  public static let memberLife = Duration.seconds(365 * 86_400)
}
