public import Domain

/// A sale as an operator asks for it.
public struct SaleDraft: Sendable, Equatable {
  public var name: String
  /// The tenant's default where it is nil.
  public var market: Market?
  public var terms: SaleTerms
  public var items: [SaleItem]
  /// Whether it is decided in a cell of its own, beside the market's.
  public var hasOwnCell: Bool
  public var acknowledgement: Acknowledgement
  /// How long a reservation lasts; nil for as long as the node says.
  public var reservationSeconds: Int?
  /// The waiting room that one must have come through.
  public var room: Identifier?

  public init(
    name: String, market: Market? = nil, terms: SaleTerms, items: [SaleItem],
    hasOwnCell: Bool = false, acknowledgement: Acknowledgement = .hot,
    reservationSeconds: Int? = nil, room: Identifier? = nil
  ) {
    self.name = name
    self.market = market
    self.terms = terms
    self.items = items
    self.hasOwnCell = hasOwnCell
    self.acknowledgement = acknowledgement
    self.reservationSeconds = reservationSeconds
    self.room = room
  }
}

/// What an operator wants changed of a sale; `nil` leaves a part as it is. What is sold, of which
/// market and in which cell stays.
public struct SaleChange: Sendable, Equatable {
  public var name: String?
  public var opensAt: Instant?
  public var closesAt: Instant?
  public var ratePolicy: PartChange<RatePolicy> = .keep
  public var acknowledgement: Acknowledgement?
  public var reservationSeconds: PartChange<Int> = .keep
  public var room: PartChange<Identifier> = .keep

  public init() {}

  func applied(to sale: Sale) -> Sale {
    var changed = sale
    changed.name = name ?? sale.name
    changed.terms = SaleTerms(
      opensAt: opensAt ?? sale.terms.opensAt, closesAt: closesAt ?? sale.terms.closesAt,
      ratePolicy: ratePolicy.applied(to: sale.terms.ratePolicy))
    changed.acknowledgement = acknowledgement ?? sale.acknowledgement
    changed.reservationSeconds = reservationSeconds.applied(to: sale.reservationSeconds)
    changed.room = room.applied(to: sale.room)
    return changed
  }
}
