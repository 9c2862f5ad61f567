public import Domain
public import Ledger
internal import Postgres

extension StockService {
  /// Goods that an operator wants brought from one location to another.
  public struct Transfer: Sendable, Equatable {
    public var sku: SKU
    public var source: Identifier
    public var target: Identifier
    /// Pieces, above 0.
    public var quantity: Int
    public var reason: String

    public init(
      sku: SKU, source: Identifier, target: Identifier, quantity: Int, reason: String
    ) {
      self.sku = sku
      self.source = source
      self.target = target
      self.quantity = quantity
      self.reason = reason
    }
  }

  /// Brings goods from one location to another. Within a market that is done when it returns; what goes to
  /// another market leaves the stock of the first as far as it is free, and is pending while that market's
  /// cell is closed or slow.
  ///
  /// - Parameter idempotency: the request's key; with one it is done once, however often it is tried.
  public func transfer(
    _ transfer: Transfer, of tenant: TenantID, by user: UserID,
    idempotency: RequestIdempotency? = nil
  ) async throws(Refusal) -> Booked {
    let route = await checked { () async throws(Refusal) in
      try await check(transfer, tenant, user)
    }
    do throws(Refusal) {
      return try await once(idempotency, of: tenant) { transaction in
        let route = try route.get()
        let isBooked = try await store.book(
          route.wish, from: route.cell, to: route.targetCell, of: tenant, in: transaction)
        guard isBooked || !route.wish.isAbroad else { throw Refusal.notFound }
        // It went elsewhere since it was looked at: how much is left is told below.
        guard isBooked else { throw Refusal.short(available: 0) }
        return route.wish.id
      }
    } catch {
      guard case .short = error, let route = try? route.get() else { throw error }
      try await cover(transfer.quantity, of: transfer.sku, at: route.wish.source.id, tenant)
      throw .unavailable
    }
  }

  private struct Route {
    let wish: StockStore.Transfer
    let cell: CellName
    let targetCell: CellName
  }

  /// The transfer as the ledger takes it.
  private func check(
    _ transfer: Transfer, _ tenant: TenantID, _ user: UserID
  ) async throws(Refusal) -> Route {
    let source = try await location(transfer.source, "from_location_id", tenant)
    let target = try await location(transfer.target, "to_location_id", tenant)
    guard let cell = CellName.shared(by: tenant, market: source.market.description),
      let targetCell = CellName.shared(by: tenant, market: target.market.description)
    else { throw .unavailable }
    try await cover(transfer.quantity, of: transfer.sku, at: source.id, tenant)
    let wish = StockStore.Transfer(
      id: newMovement(), sku: transfer.sku, source: source, target: target,
      quantity: transfer.quantity, reason: transfer.reason, user: user)
    return Route(wish: wish, cell: cell, targetCell: targetCell)
  }

  /// A location of the tenant that a field names.
  func location(
    _ id: Identifier, _ field: String, _ tenant: TenantID
  ) async throws(Refusal) -> LocationStore.Location {
    let found = try await asked { () async throws(PostgresError) in
      try await locations.find(id, of: tenant)
    }
    guard let found else { throw .invalid(field: field, reason: "names no location") }
    return found
  }

  /// Refuses what is more than lies at a location.
  func cover(
    _ quantity: Int, of sku: SKU, at location: Identifier, _ tenant: TenantID
  ) async throws(Refusal) {
    let holdings = try await asked { () async throws(PostgresError) in
      try await locations.holdings(of: sku, tenant: tenant)
    }
    let available = holdings.first { $0.location == location }?.quantity ?? 0
    if available < quantity { throw .short(available: available) }
  }
}
