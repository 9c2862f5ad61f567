public import Domain
internal import EventLoop
internal import HotPath
public import Ledger
internal import Postgres
internal import Redis

/// Sales as operators manage them. Loop-confined.
public final class SaleService: AsksLedger {
  typealias Refusal = OperatorRefusal

  /// How long a change waits to be seen by its cell before it is answered all the same.
  static let settleLimit = Duration.seconds(2)
  static let settleInterval = Duration.milliseconds(5)
  /// Tries of a change against changes by others.
  static let maximumTries = 5

  private let sales: SaleStore
  private let products: ProductStore
  private let rooms: RoomStore
  private let cells: CellDirectory
  private let loop: EventLoop
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  init(pool: PostgresPool, cells: CellDirectory, loop: EventLoop, clock: WallClock) {
    sales = SaleStore(pool: pool)
    products = ProductStore(pool: pool)
    rooms = RoomStore(pool: pool)
    self.cells = cells
    self.loop = loop
    self.clock = clock
  }

  /// Adds a sale. When it returns, the cell knows the sale, unless the cell is closed; its stock comes
  /// shortly before it opens.
  public func create(
    _ draft: SaleDraft, for tenant: Tenant, by user: UserID
  ) async throws(OperatorRefusal) -> SaleStore.Record {
    let id = identifiers.next(at: clock.now())
    guard let market = draft.market ?? Market(tenant.defaultMarket),
      let shared = CellName.shared(by: tenant.id, market: market.description),
      let cell = draft.hasOwnCell ? CellName.own(by: tenant.id, sale: id) : shared
    else { throw .unavailable }
    guard draft.terms.closesAt > clock.now() else {
      throw .invalid(field: "closes_at", reason: "must be in the future")
    }
    try await checkItems(of: draft, tenant: tenant.id)
    try await check(room: draft.room, of: tenant.id)
    let sale = Sale(
      id: id, tenant: tenant.id, market: market, cell: cell, name: draft.name, terms: draft.terms,
      items: draft.items, acknowledgement: draft.acknowledgement,
      reservationSeconds: draft.reservationSeconds, room: draft.room)
    let record = try await asked { () async throws(PostgresError) in
      try await sales.insert(sale, from: shared, by: user)
    }
    await settle(record.sale)
    return record
  }

  /// Every item is a SKU of the tenant.
  private func checkItems(
    of draft: SaleDraft, tenant: TenantID
  ) async throws(OperatorRefusal) {
    let units = try await asked { () async throws(PostgresError) in
      try await products.units(draft.items.map(\.sku), of: tenant)
    }
    let known = Set(units.map(\.sku))
    for (position, item) in draft.items.enumerated() where !known.contains(item.sku) {
      throw .invalid(field: "items.\(position).sku", reason: "there is no such SKU")
    }
  }

  /// A sale behind a room that nobody guards would be open to all.
  private func check(
    room: Identifier?, of tenant: TenantID
  ) async throws(OperatorRefusal) {
    guard let room else { return }
    let exists = try await asked { () async throws(PostgresError) in
      try await rooms.exists(room, of: tenant)
    }
    guard exists else { throw .invalid(field: "room_id", reason: "there is no such room") }
  }

  /// Changes a sale that is not over.
  public func change(
    _ id: Identifier, of tenant: TenantID, _ change: SaleChange
  ) async throws(OperatorRefusal) -> SaleStore.Record {
    for _ in 0..<Self.maximumTries {
      let record = try await find(id, of: tenant)
      let known = record.sale
      let changed = change.applied(to: known)
      if changed == known { return record }
      try Self.check(changed, from: known)
      if changed.room != known.room { try await check(room: changed.room, of: tenant) }
      let updated = try await asked { () async throws(PostgresError) in
        try await sales.update(changed, expected: known.version)
      }
      if let updated {
        await settle(updated.sale)
        return updated
      }
    }
    throw .conflict
  }

  private static func check(_ changed: Sale, from known: Sale) throws(OperatorRefusal) {
    if known.state == .closing || known.state == .closed { throw .conflict }
    guard changed.terms.closesAt > changed.terms.opensAt else {
      throw .invalid(field: "closes_at", reason: "must be after opens_at")
    }
    if known.state != .scheduled, changed.terms.opensAt != known.terms.opensAt {
      throw .invalid(field: "opens_at", reason: "cannot be changed once the sale takes its stock")
    }
  }

  /// One sale of the tenant.
  public func find(
    _ id: Identifier, of tenant: TenantID
  ) async throws(OperatorRefusal) -> SaleStore.Record {
    let record = try await asked { () async throws(PostgresError) in
      try await sales.find(id, of: tenant)
    }
    guard let record else { throw .notFound }
    return record
  }

  /// One sale of the tenant as its cell knows it: whoever reads here that it is open can order from it.
  public func read(
    _ id: Identifier, of tenant: TenantID
  ) async throws(OperatorRefusal) -> SaleStore.Record {
    let record = try await find(id, of: tenant)
    if record.sale.state == .open { await settle(record.sale) }
    return record
  }

  /// The tenant's sales, newest first, before the sale `cursor`.
  public func list(
    of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(OperatorRefusal) -> [SaleStore.Record] {
    try await asked { () async throws(PostgresError) in
      try await sales.list(of: tenant, before: cursor, limit: limit)
    }
  }

  /// Waits until the cell has this version, so that who was told of a sale can order from it.
  private func settle(_ sale: Sale) async {
    let cell = cells.runtime(of: sale.cell)
    let key = cell.keys.sale(sale.scope)
    await loop.poll(for: Self.settleLimit, every: Self.settleInterval) {
      let seen = try? await cell.client.send(RedisCommand("HGET", key, "version"))
      let isThere = seen?.text.flatMap { Int($0) }.map { $0 >= sale.version } ?? false
      return isThere && cell.lease.isOpen
    }
  }
}
