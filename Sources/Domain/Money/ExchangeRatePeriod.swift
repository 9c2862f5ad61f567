/// An exchange rate and when it holds.
public struct ExchangeRatePeriod: Hashable, Sendable {
  public let rate: ExchangeRate
  /// From this instant on…
  public let validFrom: Instant
  /// … and before this one; nil for until another one begins.
  public let validUntil: Instant?

  public init(rate: ExchangeRate, validFrom: Instant, validUntil: Instant? = nil) {
    self.rate = rate
    self.validFrom = validFrom
    self.validUntil = validUntil
  }

  /// Whether it has begun and not ended at `instant`.
  public func holds(at instant: Instant) -> Bool {
    validFrom <= instant && validUntil.map { instant < $0 } ?? true
  }
}

extension Collection<ExchangeRatePeriod> {
  /// The rate that holds at `instant`: of those that do the one that began last, else the inverse of the
  /// one the other way round.
  public func rate(from: Currency, to: Currency, at instant: Instant) -> ExchangeRate? {
    last(from, to, instant) ?? last(to, from, instant)?.inverse
  }

  private func last(_ from: Currency, _ to: Currency, _ instant: Instant) -> ExchangeRate? {
    let holding = filter { $0.rate.from == from && $0.rate.to == to && $0.holds(at: instant) }
    return holding.max { $0.validFrom < $1.validFrom }?.rate
  }
}
