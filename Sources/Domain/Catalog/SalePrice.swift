/// A time in which a SKU costs another price in a market.
public struct SalePrice: Sendable, Hashable {
  public let amount: Int
  public let startsAt: Instant
  /// The first instant at which it no longer counts.
  public let endsAt: Instant

  public init(amount: Int, startsAt: Instant, endsAt: Instant) {
    self.amount = amount
    self.startsAt = startsAt
    self.endsAt = endsAt
  }

  /// Sale prices that one SKU may have in all markets.
  public static let maximumCount = 100

  /// Whether it counts at `time`.
  public func covers(_ time: Instant) -> Bool { startsAt <= time && time < endsAt }

  /// Whether both count at some time.
  public func overlaps(_ other: SalePrice) -> Bool {
    startsAt < other.endsAt && other.startsAt < endsAt
  }
}

/// What a SKU costs in a market.
public struct CatalogPrice: Sendable, Equatable {
  /// Without a sale price.
  public let regular: Money
  /// Those that are not over, by their beginnings.
  public let sales: [SalePrice]

  public init(regular: Money, sales: [SalePrice] = []) {
    self.regular = regular
    self.sales = sales
  }

  /// A price as a buyer is shown it.
  public struct Shown: Sendable, Equatable {
    /// What an order is charged now.
    public let current: Money
    /// What it costs otherwise, where that is another sum.
    public let regular: Money?
    /// Until when ``current`` counts, where that is known.
    public let endsAt: Instant?
  }

  /// The price at `time`.
  ///
  /// - Parameter charged: what the cell charges, which has the last word; nil where the cell knows
  ///   nothing of the SKU or cannot be asked.
  public func shown(at time: Instant, charged: Money?) -> Shown {
    let current =
      charged
      ?? sales.first { $0.covers(time) }.map {
        Money(amount: $0.amount, currency: regular.currency)
      }
      ?? regular
    guard current != regular else { return Shown(current: regular, regular: nil, endsAt: nil) }
    // A cell hears of a beginning or an end a moment later than a clock.
    let sale = sales.first {
      $0.amount == current.amount && current.currency == regular.currency && time < $0.endsAt
    }
    guard let sale else { return Shown(current: current, regular: regular, endsAt: nil) }
    return Shown(current: current, regular: regular, endsAt: sale.endsAt)
  }
}
