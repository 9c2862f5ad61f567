internal import Domain

/// Reads exchange rates from request bodies.
enum ExchangeRateReader {
  /// How far a client's clock may be behind. What it calls now then begins now.
  private static let clockTolerance = Duration.seconds(60)

  /// A rate with the instants of its beginning and end, where they are given.
  struct Draft: Equatable {
    let rate: ExchangeRate
    let validFrom: Instant?
    let validUntil: Instant?
  }

  /// - Parameter now: what was converted before it stays as it was.
  static func draft(_ fields: FieldReader, now: Instant) throws(APIError) -> Draft {
    let from = try fields.required("from").money()
    let to = try fields.required("to").money()
    guard from != to else { throw .invalid("to", "must be another currency than from") }
    let parts = try fields.required("rate").object()
    let numerator = try parts.required("numerator").integer(in: ExchangeRate.bounds)
    let denominator = try parts.required("denominator").integer(in: ExchangeRate.bounds)
    var validFrom = try fields.optional("valid_from")?.instant()
    if let validFrom, validFrom < now - clockTolerance {
      throw .invalid("valid_from", "must not be in the past")
    }
    validFrom = validFrom.map { max($0, now) }
    let validUntil = try fields.optional("valid_until")?.instant()
    if let validUntil, let validFrom, validUntil <= validFrom {
      throw .invalid("valid_until", "must be after valid_from")
    }
    return Draft(
      rate: ExchangeRate(
        from: from, to: to, numerator: numerator, denominator: denominator)!,
      validFrom: validFrom, validUntil: validUntil)
  }
}
