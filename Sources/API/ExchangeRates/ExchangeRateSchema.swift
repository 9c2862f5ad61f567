internal import Domain

/// The forms of exchange rates in requests and answers.
enum ExchangeRateSchema {
  static let draft = Schema.object([
    .required("from", .moneyCode), .required("to", .moneyCode),
    .required("rate", fraction),
    .optional("valid_from", Schema.instant.nullable.described("Now by default, and never before.")),
    .optional(
      "valid_until", Schema.instant.nullable.described("Until another one begins by default.")),
  ]).named("ExchangeRateDraft")

  static let rate = Schema.object([
    .required("rate_id", .identifier),
    .required("from", .moneyCode), .required("to", .moneyCode),
    .required("rate", fraction), .required("valid_from", .instant),
    .required("valid_until", Schema.instant.nullable), .required("created_by", .string),
    .required("created_at", .instant),
  ]).named("ExchangeRate")

  static let conversion = Schema.object([
    .required("from", .money), .required("to", .money), .required("rate", fraction),
  ]).named("Conversion")

  private static let fraction = Schema.object([
    .required("numerator", .integer(ExchangeRate.bounds)),
    .required("denominator", .integer(ExchangeRate.bounds)),
  ]).named("Fraction").described(
    "Major units of the one currency for a major unit of the other, as a fraction: 1 USD = 1385.5 KRW "
      + "is 13855 / 10.")
}
