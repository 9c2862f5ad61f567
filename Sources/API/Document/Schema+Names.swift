internal import Domain

extension Schema {
  /// A stock keeping unit's name.
  static let sku = Schema.pattern("^[A-Za-z0-9._-]{1,64}$")

  /// A market: a country of ISO 3166-1.
  static let market = Schema.pattern("^[A-Z]{2}$")

  /// A sum of money or points.
  static let money = Schema.object([
    .required("amount", Schema.integer.described("Minor units; points have no smaller ones.")),
    .required("currency", .currency),
  ]).named("Money")

  /// What prices are in.
  static let currency = Schema.oneOf(Currency.self).described("A currency, or `POINT` for points.")

  /// The code of a currency that is money.
  static let moneyCode = Schema.oneOf(Currency.money.map(\.rawValue))
}
