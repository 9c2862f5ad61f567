public import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres

/// Finds what is sold without a sale, market by market. Loop-confined.
///
/// A market has open stock once its cell is in the ledger: names that nobody sells under make no
/// runtime, however many are asked for.
public final class OpenStockDirectory {
  /// What is known of a market.
  public enum Finding {
    case known(OrderScope)
    case absent
    /// The ledger has to be asked: use ``OpenStockDirectory/load(_:of:)``.
    case unread
  }

  /// How long it is remembered that a market has no cell.
  static let absenceMilliseconds: UInt64 = 500
  static let maximumAbsences = 10_000

  private let cells: CellDirectory
  private let store: CellStore
  private let reservation: Duration
  private let markets: MarketBook
  private let loop: EventLoop
  private var scopes: [CellName: OrderScope] = [:]
  private var absences: [CellName: UInt64] = [:]
  private var last: (tenant: TenantID, market: Market, scope: OrderScope)?

  init(
    pool: PostgresPool, cells: CellDirectory, reservation: Duration, markets: MarketBook,
    loop: EventLoop
  ) {
    store = CellStore(pool: pool)
    self.cells = cells
    self.reservation = reservation
    self.markets = markets
    self.loop = loop
  }

  /// Looks in memory only.
  public func find(_ market: Market, of tenant: TenantID) -> Finding {
    if let last, last.market == market, last.tenant == tenant { return .known(last.scope) }
    guard let name = CellName.shared(by: tenant, market: market.description) else { return .absent }
    if let scope = scopes[name] ?? cells.known(name).map({ open($0, market, tenant) }) {
      last = (tenant, market, scope)
      return .known(scope)
    }
    if let until = absences[name], loop.milliseconds < until { return .absent }
    return .unread
  }

  /// Asks the ledger whether the market has a cell.
  ///
  /// - Throws: `PostgresError` when the ledger could not be asked.
  public func load(_ market: Market, of tenant: TenantID) async throws -> OrderScope? {
    guard let name = CellName.shared(by: tenant, market: market.description) else { return nil }
    guard try await store.find(name) != nil else {
      if absences.count >= Self.maximumAbsences { absences.removeAll() }
      absences[name] = loop.milliseconds + Self.absenceMilliseconds
      return nil
    }
    let cell = cells.runtime(of: name)
    await cell.lease.whenRead()
    return scopes[name] ?? open(cell, market, tenant)
  }

  /// The place of a market's open stock, which is asked for if it must be; nil when nothing is sold there.
  ///
  /// - Throws: `PostgresError` when the ledger could not be asked.
  public func scope(of market: Market, _ tenant: TenantID) async throws -> OrderScope? {
    switch find(market, of: tenant) {
    case .known(let scope): scope
    case .absent: nil
    case .unread: try await load(market, of: tenant)
    }
  }

  private func open(
    _ cell: CellRuntime, _ market: Market, _ tenant: TenantID
  ) -> OrderScope {
    let hot = HotSale(
      scope: .open, market: market, keys: cell.keys,
      reservationMilliseconds: Int(reservation.wholeMilliseconds))
    let scope = OrderScope(
      cell: cell, hot: hot, terms: markets.terms(of: tenant, in: market))
    scopes[cell.keys.cell] = scope
    return scope
  }
}
