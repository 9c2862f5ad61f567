internal import Domain

extension OperatorRefusal {
  /// Says what of a seller's campaign a market does not allow.
  init(saying excess: SellerExcess) {
    switch excess {
    case .quantity(let most, let market):
      self = .invalid(field: "quantity", reason: "is at most \(most) for a seller in \(market)")
    case .days(let days, let market):
      self = .invalid(
        field: "closes_at",
        reason: "is at most \(days) days after opens_at for a seller in \(market)")
    case .couponDays(let days, let market):
      self = .invalid(
        field: "expires_at",
        reason: "is needed, at most \(days) days after opens_at, for a seller in \(market)")
    case .basisPoints(let most, let market):
      self = .invalid(
        field: "discount.value",
        reason: "is at most \(Double(most) / 100) percent for a seller in \(market)")
    case .amount(let most, let market):
      self = .invalid(
        field: "discount.value",
        reason: "is at most \(most.amount) \(most.currency.rawValue) for a seller in \(market)")
    }
  }
}
