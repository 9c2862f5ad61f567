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
  public func transfer(
    _ transfer: Transfer, of tenant: TenantID, by user: UserID
  ) async throws(Refusal) -> StockMovement {
    let source = try await location(transfer.source, "from_location_id", tenant)
    let target = try await location(transfer.target, "to_location_id", tenant)
    guard let cell = CellName.shared(by: tenant, market: source.market.description),
      let targetCell = CellName.shared(by: tenant, market: target.market.description)
    else { throw .unavailable }
    try await cover(transfer.quantity, of: transfer.sku, at: source.id, tenant)
    let wish = StockStore.Transfer(
      id: newMovement(), sku: transfer.sku, source: source, target: target,
      quantity: transfer.quantity, reason: transfer.reason, user: user)
    let outcome = try await asked { () async throws(PostgresError) in
      try await store.transfer(wish, from: cell, to: targetCell, of: tenant)
    }
    switch outcome {
    case .taken(let movement):
      return movement.moved == nil ? try await decided(movement, of: tenant) : movement
    case .notSold: throw .notFound
    case .short:
      try await cover(transfer.quantity, of: transfer.sku, at: source.id, tenant)
      throw .unavailable
    }
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
