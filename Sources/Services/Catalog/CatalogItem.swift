public import Domain

/// A product as buyers of a market see it now.
public struct CatalogItem: Sendable, Equatable {
  /// A SKU with what it costs and how much of it there is.
  public struct Unit: Sendable, Equatable {
    public let sku: SKU
    public let name: String
    public let price: CatalogPrice.Shown
    /// What can be ordered without a sale; nil while its cell cannot be asked.
    public let available: Int?
    /// The open sales that have it.
    public let sales: [SalePromotion]
  }

  /// A campaign whose coupons can be used for it.
  public struct Coupon: Sendable, Equatable {
    public let promotion: CouponPromotion
    /// Whether it issues coupons now; otherwise they are for whoever holds one.
    public let isClaimable: Bool
  }

  public let product: Product
  /// By their names; at least one.
  public let units: [Unit]
  /// The campaigns whose coupons can be used for it, those that issue some now in front.
  public let coupons: [Coupon]

  /// The SKU that costs least now.
  public var cheapest: Unit {
    units.min { $0.price.current.amount < $1.price.current.amount }!
  }

  /// Pieces of all SKUs together; nil while their cell cannot be asked.
  public var available: Int? {
    var sum = 0
    for unit in units {
      guard let available = unit.available else { return nil }
      sum += available
    }
    return sum
  }
}

/// A page of products.
public struct CatalogPage: Sendable, Equatable {
  public let items: [CatalogItem]
  /// Nil on the last page.
  public let next: CatalogCursor?
}

/// Something that was put together from memory and cells.
public struct Perishable<Value> {
  public let value: Value
  /// Until when it may be shown, on the loop's clock of milliseconds.
  public let freshUntil: UInt64
  /// What ``CatalogService/generation(of:)`` was before it was put together.
  public let generation: Int

  /// The same for what is made of the value alone.
  public func map<Other>(_ make: (Value) -> Other) -> Perishable<Other> {
    Perishable<Other>(value: make(value), freshUntil: freshUntil, generation: generation)
  }
}
