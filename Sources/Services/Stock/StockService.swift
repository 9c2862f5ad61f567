public import Domain
internal import EventLoop
public import HotPath
public import Ledger
internal import Postgres
internal import Redis

/// Stock as buyers see it and as operators change it. Loop-confined.
public final class StockService: AsksLedger {
  /// How long an adjustment waits for its cell before it is answered all the same.
  static let settleLimit = Duration.seconds(2)
  static let settleInterval = Duration.milliseconds(5)

  /// Why stock could not be told or changed.
  public enum Refusal: Error, Sendable, Equatable {
    /// There is no such SKU, or it is not sold in the market.
    case notFound
    /// A field, as the wire names it, and what is wrong with it.
    case invalid(field: String, reason: String)
    /// Less lies at the location that was named.
    case short(available: Int)
    /// The idempotency key came with another request before.
    case keyReused
    /// The ledger or the cell could not be asked.
    case unavailable
  }

  let store: StockStore
  let locations: LocationStore
  let pool: PostgresPool
  private let cells: CellDirectory
  private let loop: EventLoop
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  init(pool: PostgresPool, cells: CellDirectory, loop: EventLoop, clock: WallClock) {
    self.pool = pool
    store = StockStore(pool: pool)
    locations = LocationStore(pool: pool)
    self.cells = cells
    self.loop = loop
    self.clock = clock
  }

  /// The stock of a SKU as its cell has it now, and when that was.
  public func level(
    of sku: SKU, in scope: OrderScope
  ) async throws(Refusal) -> (level: StockLevel, asOf: Instant) {
    guard scope.cell.lease.isOpen else { throw .unavailable }
    let look = CellLook(at: scope.cell)
    let readings: StockReader.Readings
    var isVouchedFor = true
    do throws(RedisError) {
      readings = try await StockReader.read(
        [(scope.hot.scope, sku)], keys: scope.cell.keys, client: scope.cell.client)
      if readings.lacksSome { isVouchedFor = try await look.isVouchedFor() }
    } catch {
      throw .unavailable
    }
    guard isVouchedFor else { throw .unavailable }
    guard let account = readings.accounts[0], account.terms.isSold else { throw .notFound }
    return (account.level, readings.asOf)
  }

  // MARK: Adjustments

  /// A receipt or a correction as an operator asks for it.
  public struct Adjustment: Sendable, Equatable {
    public var sku: SKU
    public var market: Market
    public var kind: StockMovement.Kind
    /// Pieces, not 0: above 0 they come in, below 0 they go out.
    public var change: Int
    public var reason: String
    /// Where the goods lie or are to lie; nil for where they come to first, or are taken from first.
    public var location: Identifier?

    public init(
      sku: SKU, market: Market, kind: StockMovement.Kind, change: Int, reason: String,
      location: Identifier? = nil
    ) {
      self.location = location
      self.sku = sku
      self.market = market
      self.kind = kind
      self.change = change
      self.reason = reason
    }
  }

  /// Adjusts the open stock of a market. When it returns, the cell knows of it, unless the cell is
  /// closed or slow: then what goes out is still pending.
  ///
  /// - Parameter idempotency: the request's key; with one it is done once, however often it is tried.
  public func adjust(
    _ adjustment: Adjustment, of tenant: TenantID, by user: UserID,
    idempotency: RequestIdempotency? = nil
  ) async throws(Refusal) -> Booked {
    guard let cell = CellName.shared(by: tenant, market: adjustment.market.description) else {
      throw .unavailable
    }
    // Before the transaction, which has its connection already; what was done before is not refused.
    let wish = await checked { () async throws(Refusal) in
      try await check(adjustment, cell, tenant, user)
    }
    let booked = try await once(idempotency, of: tenant) { transaction in
      let wish = try wish.get()
      guard try await store.book(wish, of: tenant, in: transaction) else {
        throw Refusal.notFound
      }
      return wish.id
    }
    if adjustment.change > 0 { await settle(adjustment.sku, cell, tenant) }
    return booked
  }

  /// The adjustment as the ledger takes it.
  private func check(
    _ adjustment: Adjustment, _ cell: CellName, _ tenant: TenantID, _ user: UserID
  ) async throws(Refusal) -> StockStore.Adjustment {
    if let id = adjustment.location {
      let location = try await location(id, "location_id", tenant)
      guard location.market == adjustment.market else {
        throw .invalid(field: "location_id", reason: "is of another market")
      }
      if adjustment.change < 0 {
        try await cover(-adjustment.change, of: adjustment.sku, at: id, tenant)
      }
    }
    return StockStore.Adjustment(
      id: newMovement(), kind: adjustment.kind, sku: adjustment.sku,
      market: adjustment.market, cell: cell, change: adjustment.change,
      reason: adjustment.reason, user: user, location: adjustment.location)
  }

  /// A SKU's movements, newest first, before the movement `cursor`.
  public func movements(
    of sku: SKU, tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(Refusal) -> [StockMovement] {
    try await asked { () async throws(PostgresError) in
      try await store.movements(of: sku, tenant: tenant, before: cursor, limit: limit)
    }
  }

  /// The id of a movement that is about to be made.
  func newMovement() -> Identifier { identifiers.next(at: clock.now()) }

  /// Waits for the cell to say how much could be taken; the movement as it is when that takes too long.
  func decided(
    _ movement: StockMovement, of tenant: TenantID
  ) async throws(Refusal) -> StockMovement {
    var latest = movement
    let end = loop.milliseconds + Self.settleLimit.milliseconds
    while latest.moved == nil, loop.milliseconds < end {
      await loop.sleep(for: Self.settleInterval)
      let found = try await asked { () async throws(PostgresError) in
        try await store.movement(movement.id, of: tenant)
      }
      latest = found ?? latest
    }
    return latest
  }

  /// Waits until the cell knows what came in, so that who was told of it can sell it.
  private func settle(_ sku: SKU, _ cell: CellName, _ tenant: TenantID) async {
    let account = try? await store.account(of: sku, scope: .open, in: cell, tenant: tenant)
    guard let account else { return }
    let runtime = cells.runtime(of: cell)
    await loop.poll(for: Self.settleLimit, every: Self.settleInterval) {
      let readings = try? await StockReader.read(
        [(.open, sku)], keys: runtime.keys, client: runtime.client)
      guard let reading = readings?.accounts[0] else { return false }
      return reading.version >= account.version && runtime.lease.isOpen
    }
  }

  func checked<Wish>(
    _ body: () async throws(Refusal) -> Wish
  ) async -> Result<Wish, Refusal> {
    do throws(Refusal) { return .success(try await body()) } catch { return .failure(error) }
  }
}
