public import Domain
internal import EventLoop
public import Ledger
internal import Postgres

/// Exchange rates: entering them, and converting money with those that hold. Loop-confined.
public final class ExchangeRateService: AsksLedger {
  /// Why a wish was not met.
  public enum Refusal: Error, Sendable, Equatable {
    /// A rate of this pair begins at that instant already.
    case conflict
    /// No rate of this pair holds.
    case noRate
    /// The sum cannot be told in the other currency.
    case outOfRange
    /// The ledger could not be asked.
    case unavailable
  }

  /// How long rates are believed: a new one is used by every node after that.
  public static let lifeMilliseconds: UInt64 = 5_000
  /// Tenants whose rates are remembered; beyond, the memory starts afresh.
  static let maximumTenants = 10_000
  /// Rates of a tenant that hold now or later.
  static let maximumCurrent = 1_000

  private let store: ExchangeRateStore
  private let markets: MarketBook
  private let loop: EventLoop
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())
  private var known: [TenantID: (readAt: UInt64, periods: [ExchangeRatePeriod])] = [:]

  init(pool: PostgresPool, markets: MarketBook, loop: EventLoop, clock: WallClock) {
    store = ExchangeRateStore(pool: pool)
    self.markets = markets
    self.loop = loop
    self.clock = clock
  }

  /// Enters a rate.
  ///
  /// - Parameter validFrom: when it begins to hold; nil for the moment of entering it.
  public func add(
    _ rate: ExchangeRate, validFrom: Instant?, validUntil: Instant?, of tenant: TenantID,
    by user: UserID
  ) async throws(Refusal) -> ExchangeRateStore.Record {
    let now = clock.now()
    let id = identifiers.next(at: now)
    let period = ExchangeRatePeriod(
      rate: rate, validFrom: validFrom ?? now, validUntil: validUntil)
    let record = try await asked { () async throws(PostgresError) in
      try await store.insert(id, period, of: tenant, by: user)
    }
    known[tenant] = nil
    guard let record else { throw .conflict }
    return record
  }

  /// A tenant's rates, those entered last first, before the rate `cursor`.
  public func list(
    of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(Refusal) -> [ExchangeRateStore.Record] {
    try await asked { () async throws(PostgresError) in
      try await store.list(of: tenant, before: cursor, limit: limit)
    }
  }

  // MARK: Conversion

  /// Money in another currency, and the rate that it was converted with.
  public struct Conversion: Sendable, Equatable {
    public let money: Money
    public let rate: ExchangeRate
  }

  /// What `money` is worth in `currency` now, rounded as configured for that currency.
  public func convert(
    _ money: Money, to currency: Currency, of tenant: TenantID
  ) async throws(Refusal) -> Conversion {
    guard let rate = try await rate(from: money.currency, to: currency, of: tenant) else {
      throw .noRate
    }
    guard let worth = rate.convert(money, rounding: markets.rounding(of: currency)) else {
      throw .outOfRange
    }
    return Conversion(money: worth, rate: rate)
  }

  /// The rate that holds now; nil where there is none. From memory, mostly.
  public func rate(
    from: Currency, to: Currency, of tenant: TenantID
  ) async throws(Refusal) -> ExchangeRate? {
    try await periods(of: tenant).rate(from: from, to: to, at: clock.now())
  }

  private func periods(of tenant: TenantID) async throws(Refusal) -> [ExchangeRatePeriod] {
    if let memory = known[tenant], loop.milliseconds &- memory.readAt < Self.lifeMilliseconds {
      return memory.periods
    }
    let readAt = loop.milliseconds
    let records = try await asked { () async throws(PostgresError) in
      try await store.current(of: tenant, at: clock.now(), limit: Self.maximumCurrent)
    }
    if known.count >= Self.maximumTenants { known.removeAll() }
    let periods = records.map(\.period)
    known[tenant] = (readAt, periods)
    return periods
  }
}
