internal import Domain
internal import Ledger
internal import Services

/// Writes exchange rates.
enum ExchangeRateView {
  static func rate(_ record: ExchangeRateStore.Record) -> JSONValue {
    let period = record.period
    return [
      "rate_id": "\(record.id)", "from": .string(period.rate.from.rawValue),
      "to": .string(period.rate.to.rawValue), "rate": fraction(period.rate),
      "valid_from": "\(period.validFrom)",
      "valid_until": JSONValue(period.validUntil?.description),
      "created_by": .string(record.createdBy), "created_at": "\(record.createdAt)",
    ]
  }

  static func conversion(
    of money: Money, _ conversion: ExchangeRateService.Conversion
  ) -> JSONValue {
    [
      "from": JSONValue(money), "to": JSONValue(conversion.money),
      "rate": fraction(conversion.rate),
    ]
  }

  private static func fraction(_ rate: ExchangeRate) -> JSONValue {
    ["numerator": .integer(rate.numerator), "denominator": .integer(rate.denominator)]
  }
}
