/// A SKU as it can be had now.
public struct CartOffer: Sendable, Equatable {
  /// The id of its product.
  public let product: String
  /// For one piece.
  public let price: Money
  /// Pieces that there are.
  public let available: Int
  /// Pieces that one user may have reserved or bought together; 0 for as many as there are.
  public let limit: Int
  /// Pieces that the cart's holder has reserved or bought already; counted only where there is a limit.
  public let has: Int

  public init(product: String, price: Money, available: Int, limit: Int = 0, has: Int = 0) {
    self.product = product
    self.price = price
    self.available = available
    self.limit = limit
    self.has = has
  }

  /// Whether one user may not have as many pieces more.
  func isBeyondLimit(_ quantity: Int) -> Bool { limit > 0 && has + quantity > limit }
}

/// What stands in the way of ordering an item of a cart, or should be known before.
public enum CartProblem: String, Sendable, CaseIterable {
  /// It is not sold here, or there is none.
  case unavailable
  /// There are fewer pieces than the cart has.
  case short
  /// Another price than the one that the holder has seen.
  case priceChanged = "price_changed"
  /// One user may not have as many.
  case limit
  /// The sale takes no orders yet.
  case notOpen = "not_open"
  /// The sale takes no orders any more.
  case closed

  /// Whether an order of the item would be refused.
  public var isBlocking: Bool { self != .priceChanged }
}

/// An item of a cart in the light of what can be had now.
public struct CartItemReview: Sendable, Equatable {
  public let item: Cart.Item
  /// Nil for what is not sold here.
  public let offer: CartOffer?
  /// In the order of their declaration; none when all is well.
  public let problems: [CartProblem]

  /// Minor units of the offer's currency for all pieces; nil for what is not sold here.
  public var total: Int? { offer.map { $0.price.amount * item.quantity } }
}

extension Cart {
  /// Looks at each item again.
  ///
  /// - Parameters:
  ///   - offers: what is sold here of the cart's SKUs.
  ///   - phase: of the sale that the cart is of; one without a sale is always open.
  public func reviewed(
    _ offers: [SKU: CartOffer], in phase: SalePhase = .open
  ) -> [CartItemReview] {
    items.map { item in
      let offer = offers[item.sku]
      var problems: [CartProblem] = []
      if let offer {
        if offer.available <= 0 {
          problems.append(.unavailable)
        } else if offer.available < item.quantity {
          problems.append(.short)
        }
        if offer.price != item.price { problems.append(.priceChanged) }
        if offer.isBeyondLimit(item.quantity) { problems.append(.limit) }
      } else {
        problems.append(.unavailable)
      }
      switch phase {
      case .notOpen: problems.append(.notOpen)
      case .open: break
      case .closed: problems.append(.closed)
      }
      return CartItemReview(item: item, offer: offer, problems: problems)
    }
  }
}
