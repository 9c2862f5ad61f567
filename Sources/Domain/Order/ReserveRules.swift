/// The rules of reservation in plain Swift: what the scripts of a cell must do, one step at a time.
///
/// The scripts are the ones that decide; this is their specification, and what random tests compare
/// them with.
public struct ReserveRules: Sendable {
  /// Stock of a SKU in one scope.
  public struct Account: Hashable, Sendable {
    public let scope: StockScope
    public let sku: SKU

    public init(scope: StockScope, sku: SKU) {
      self.scope = scope
      self.sku = sku
    }
  }

  /// An order that somebody asks for.
  public struct Request: Sendable {
    public let user: String
    public let scope: StockScope
    /// What the idempotency key becomes in the order's id.
    public let key: OrderKey
    /// Names the request that the key comes with.
    public let fingerprint: RequestDigest
    /// With those of the same SKU summed.
    public let lines: [RequestedLine]
    /// See ``OrderTermsWord``.
    public let terms: String
    /// How long the reservation lasts.
    public let life: Duration

    public init(
      user: String, scope: StockScope, key: OrderKey, fingerprint: RequestDigest,
      lines: [RequestedLine], terms: String = OrderTermsWord.none, life: Duration
    ) {
      self.user = user
      self.scope = scope
      self.key = key
      self.fingerprint = fingerprint
      self.lines = lines
      self.terms = terms
      self.life = life
    }
  }

  struct Stock {
    var terms: StockTerms
    var version: Int
    var level: StockLevel
    /// What users have reserved or bought since there is a limit.
    var bought: [String: Int] = [:]
  }

  struct Held {
    let day: Int64
    let scope: StockScope
    let user: String
    /// Each with whether its pieces count as bought.
    let lines: [(line: RequestedLine, isCounted: Bool)]
  }

  struct ScheduledSale {
    var terms: SaleTerms
    var isReady: Bool
    var version: Int
  }

  private struct Answer {
    let user: String
    let fingerprint: RequestDigest
    let reservation: Reservation
  }

  static let dayMilliseconds: Int64 = 86_400_000

  var stocks: [Account: Stock] = [:]
  var sales: [Identifier: ScheduledSale] = [:]
  var reservations: [Identifier: Held] = [:]
  var movements: [Identifier: Int] = [:]
  /// Pieces by day and product.
  var popularity: [Int64: [String: Int]] = [:]
  private var records: [OrderKey: Answer] = [:]
  private var arrivals: [String: Double] = [:]

  public init() {}

  /// Decides an order at `now`.
  public mutating func reserve(_ request: Request, now: Instant) -> ReserveDecision {
    let sale = request.scope.sale.flatMap { sales[$0] }
    if let policy = sale?.terms.ratePolicy,
      let wait = charge(policy, scope: request.scope, user: request.user, now: now)
    {
      return .rateLimited(retryAfterMilliseconds: wait)
    }
    if let record = records[request.key] {
      return record.fingerprint == request.fingerprint && record.user == request.user
        ? .replayed(record.reservation) : .keyReused
    }
    if request.scope != .open {
      guard let sale else { return .unknownSale }
      if now < sale.terms.opensAt { return .notOpen(until: sale.terms.opensAt) }
      if now >= sale.terms.closesAt { return .closed }
      if !sale.isReady { return .notReady }
    }
    let accounts = request.lines.map { Account(scope: request.scope, sku: $0.sku) }
    let unknown = accounts.indices.filter { stocks[accounts[$0]]?.terms.isSold != true }
    if !unknown.isEmpty { return .unknownSKUs(lines: unknown) }
    return refusal(of: request, accounts) ?? take(request, accounts, now: now)
  }

  private func refusal(of request: Request, _ accounts: [Account]) -> ReserveDecision? {
    let known = accounts.map { stocks[$0]! }
    if Set(known.map(\.terms.price.currency)).count > 1 { return .mixedCurrencies }
    for (place, stock) in known.enumerated() where stock.terms.perUserLimit > 0 {
      let has = stock.bought[request.user, default: 0]
      if has + request.lines[place].quantity > stock.terms.perUserLimit {
        return .limitReached(line: place, limit: stock.terms.perUserLimit, has: has)
      }
    }
    let short = known.enumerated().filter { $1.level.available < request.lines[$0].quantity }
    if short.isEmpty { return nil }
    return .short(short.map { Shortage(line: $0, available: $1.level.available) })
  }

  private mutating func take(
    _ request: Request, _ accounts: [Account], now: Instant
  ) -> ReserveDecision {
    let day = now.milliseconds / Self.dayMilliseconds
    var lines: [(line: RequestedLine, isCounted: Bool)] = []
    for (account, line) in zip(accounts, request.lines) {
      let terms = stocks[account]!.terms
      stocks[account]!.level.reserved += line.quantity
      if terms.perUserLimit > 0 {
        stocks[account]!.bought[request.user, default: 0] += line.quantity
      }
      lines.append((line, terms.perUserLimit > 0))
      popularity[day, default: [:]][terms.product, default: 0] += line.quantity
    }
    let order = request.key.order(at: now)
    reservations[order] = Held(
      day: day, scope: request.scope, user: request.user, lines: lines)
    let reservation = Reservation(
      order: order, deadline: now + request.life,
      currency: stocks[accounts[0]]!.terms.price.currency,
      unitPrices: accounts.map { stocks[$0]!.terms.price.amount }, terms: request.terms)
    records[request.key] = Answer(
      user: request.user, fingerprint: request.fingerprint, reservation: reservation)
    return .granted(reservation)
  }

  /// GCRA by virtual scheduling; returns the milliseconds to wait when the request does not conform.
  private mutating func charge(
    _ policy: RatePolicy, scope: StockScope, user: String, now: Instant
  ) -> Int? {
    let key = policy.scope == .user ? "\(scope) \(user)" : "\(scope)"
    let time = Double(now.milliseconds)
    let interval = Double(policy.windowMilliseconds) / Double(policy.limit)
    let arrival = max(arrivals[key] ?? 0, time)
    let earliest = arrival + interval - interval * Double(policy.burst)
    if earliest > time { return Int((earliest - time).rounded(.up)) }
    arrivals[key] = arrival + interval
    return nil
  }
}
