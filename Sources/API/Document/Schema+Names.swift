internal import Domain

extension Schema {
  /// A stock keeping unit's name.
  static let sku = Schema.pattern("^[A-Za-z0-9._-]{1,64}$")

  /// A market: a country of ISO 3166-1.
  static let market = Schema.pattern("^[A-Z]{2}$")

  /// A sum of money.
  static let money = Schema.object([
    .required("amount", Schema.integer.described("Minor units.")),
    .required("currency", .oneOf(Currency.self)),
  ]).named("Money")
}
