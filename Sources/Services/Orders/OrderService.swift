public import Domain
internal import EventLoop
public import HotPath
public import Ledger
internal import Postgres

/// Orders: reserving stock for them through a cell, and what becomes of them in the ledger.
/// Loop-confined.
public final class OrderService: AsksLedger {
  /// How long an order that a cell has accepted may take into the ledger before whoever asks for it is
  /// told to come again.
  static let arrivalLimit: UInt64 = 3_000
  private static let firstArrivalPause = Duration.milliseconds(5)
  private static let longestArrivalPause = Duration.milliseconds(80)

  /// Why an order was not to be had.
  public enum Refusal: Error, Sendable, Equatable {
    /// There is none of this id, or it is somebody else's.
    case notFound
    /// The ledger or the cell could not be asked, or the order is still on its way.
    case unavailable
  }

  private let store: OrderStore
  private let details: OrderDetailStore
  private let finder: ReservationFinder
  private let loop: EventLoop

  init(pool: PostgresPool, cells: CellDirectory, loop: EventLoop) {
    store = OrderStore(pool: pool)
    details = OrderDetailStore(pool: pool)
    finder = ReservationFinder(cells: cells)
    self.loop = loop
  }

  /// What the cell is known to answer, where its rate policy refuses; nil when it has to be asked. A closed cell
  /// refuses nothing.
  @inline(__always)
  public func knownRefusal(_ scope: OrderScope, _ user: String) -> RateWait? {
    guard let rate = scope.rate, scope.cell.lease.isOpen else { return nil }
    return rate.refusal(of: user, now: EventLoop.nanoseconds())
  }

  /// Has the cell decide; `operation` is told later, or at once if the cell takes no orders.
  @inline(__always)
  public func reserve(_ scope: OrderScope, _ operation: ReserveOperation) {
    scope.cell.orders.submit(operation)
  }

  // MARK: The ledger

  /// One order of the tenant.
  ///
  /// - Parameter user: whose it must be; nil for anybody's.
  public func find(
    _ id: Identifier, of tenant: TenantID, user: UserID?
  ) async throws(Refusal) -> OrderRecord {
    if let order = try await recorded(id, of: tenant, user: user) { return order }
    switch await finder.find(id, of: tenant, user: user) {
    case .reserved: return try await arrival(of: id, tenant: tenant, user: user)
    case .foreign: throw .notFound
    case .unknown: throw .unavailable
    case .absent:
      // It may have come into the ledger, and its reservation have ended, between the two questions.
      if let order = try await recorded(id, of: tenant, user: user) { return order }
      throw .notFound
    }
  }

  /// One order of the tenant with what became of it.
  ///
  /// - Parameter user: whose it must be; nil for anybody's.
  public func detail(
    _ id: Identifier, of tenant: TenantID, user: UserID?
  ) async throws(Refusal) -> OrderDetail {
    let find = { [details] () async throws(PostgresError) in
      try await details.find(id, of: tenant, user: user)
    }
    if let detail = try await asked(find) { return detail }
    _ = try await self.find(id, of: tenant, user: user)
    guard let detail = try await asked(find) else { throw .notFound }
    return detail
  }

  /// A tenant's orders that `filter` lets through, newest first, before the order `cursor`.
  public func search(
    _ filter: OrderFilter, of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(Refusal) -> [OrderRecord] {
    try await asked { () async throws(PostgresError) in
      try await store.search(filter, of: tenant, before: cursor, limit: limit)
    }
  }

  /// A user's orders, newest first, before the order `cursor`. Those of the last moment follow.
  public func history(
    of user: UserID, tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(Refusal) -> [OrderRecord] {
    try await asked { () async throws(PostgresError) in
      try await store.history(of: user, tenant: tenant, before: cursor, limit: limit)
    }
  }

  private func recorded(
    _ id: Identifier, of tenant: TenantID, user: UserID?
  ) async throws(Refusal) -> OrderRecord? {
    try await asked { () async throws(PostgresError) in
      try await store.find(id, of: tenant, user: user)
    }
  }

  /// Waits for an order whose fact is on its way.
  private func arrival(
    of id: Identifier, tenant: TenantID, user: UserID?
  ) async throws(Refusal) -> OrderRecord {
    let end = loop.milliseconds + Self.arrivalLimit
    var pause = Self.firstArrivalPause
    while loop.milliseconds < end {
      await loop.sleep(for: pause)
      if let order = try await recorded(id, of: tenant, user: user) { return order }
      pause = min(pause * 2, Self.longestArrivalPause)
    }
    throw .unavailable
  }
}
