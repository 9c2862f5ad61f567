internal import Domain

extension Field {
  /// A stock keeping unit's name.
  func sku() throws(APIError) -> SKU {
    guard let text = value.string else { throw refusal("must be a string") }
    guard let sku = SKU(text) else {
      throw refusal("must have 1 to 64 letters, digits, '.', '_' and '-'")
    }
    return sku
  }

  /// The name of a category.
  func slug() throws(APIError) -> CategorySlug {
    guard let text = value.string else { throw refusal("must be a string") }
    guard let slug = CategorySlug(text) else {
      throw refusal("must have 1 to 64 small letters, digits and single hyphens between them")
    }
    return slug
  }

  /// A market that a tenant may sell in.
  func marketName() throws(APIError) -> Market {
    guard let market = Market(try market()) else { throw refusal("must be a market such as KR") }
    return market
  }

  /// The code of a currency that is money, not points.
  func money() throws(APIError) -> Currency {
    guard let currency = value.string.flatMap(Currency.init(rawValue:)), currency.isMoney else {
      throw refusal(Currency.moneyRule)
    }
    return currency
  }

  /// A sum of money or points: an object of amount and currency.
  ///
  /// - Parameter range: of the amount, in minor units.
  func money(in range: ClosedRange<Int>) throws(APIError) -> Money {
    let fields = try object()
    let amount = try fields.required("amount").integer(in: range)
    return Money(amount: amount, currency: try fields.required("currency").choice())
  }
}

extension Currency {
  /// What is asked of a currency where points are none.
  static let moneyRule = "must be money, one of: \(money.map(\.rawValue).joined(separator: ", "))"
}
