public import Domain
public import Postgres

/// Sales as an operator writes and reads them.
public struct SaleStore {
  private let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// A sale with what the ledger knows beside its terms.
  public struct Record: Sendable, Equatable {
    public let sale: Sale
    public let createdAt: Instant
    public let updatedAt: Instant
  }

  /// Adds a sale with its items and empty accounts of stock, and the commands that bring all that to
  /// its cell, in one transaction. Its stock comes from the open stock of `source` shortly before it
  /// opens.
  ///
  /// - Parameter source: the shared cell of the sale's market.
  /// - Throws: a foreign key violation when a SKU does not exist or a cell belongs to another tenant.
  public func insert(
    _ sale: Sale, from source: CellName, by user: UserID
  ) async throws(PostgresError) -> Record {
    _ = try await pool.query(
      Self.insertStatement,
      [
        .text(sale.tenant.description), .uuid(sale.id.uuid), .text(sale.name),
        .text(sale.market.description), .text(sale.cell.text), .text(source.text),
        .timestamptz(sale.terms.opensAt.timestamp), .timestamptz(sale.terms.closesAt.timestamp),
        .text(sale.acknowledgement.rawValue), .optional(sale.reservationSeconds.map(Int64.init)),
        .optional(sale.room?.uuid), Self.ratePolicy(of: sale), .text(user.description),
        .array(sale.items.map(\.sku.description)), .array(sale.items.map(\.quantity)),
        .array(sale.items.map(\.price.amount)), .array(sale.items.map(\.price.currency.rawValue)),
        .array(sale.items.map(\.perUserLimit)),
      ])
    guard let record = try await find(sale.id, of: sale.tenant) else {
      throw .decoding(column: "sale_id", reason: "is gone although sales stay")
    }
    return record
  }

  /// Replaces what may be changed of a sale (all but its items, market, cell and state), if `expected`
  /// is still its version and it has not begun to close.
  ///
  /// - Returns: the record, or `nil` when the sale was changed meanwhile or is over.
  public func update(
    _ sale: Sale, expected: Int
  ) async throws(PostgresError) -> Record? {
    let rows = try await pool.query(
      Self.updateStatement,
      [
        .text(sale.tenant.description), .uuid(sale.id.uuid), .int8(Int64(expected)),
        .text(sale.name), .timestamptz(sale.terms.opensAt.timestamp),
        .timestamptz(sale.terms.closesAt.timestamp), .text(sale.acknowledgement.rawValue),
        .optional(sale.reservationSeconds.map(Int64.init)), .optional(sale.room?.uuid),
        Self.ratePolicy(of: sale),
      ])
    return rows.isEmpty ? nil : try await find(sale.id, of: sale.tenant)
  }

  /// One sale of a tenant; `nil` when there is none of this id.
  public func find(_ id: Identifier, of tenant: TenantID) async throws(PostgresError) -> Record? {
    let rows = try await pool.query(
      Self.findStatement, [.text(tenant.description), .uuid(id.uuid)])
    return rows.isEmpty ? nil : try Self.record(rows[0])
  }

  /// A tenant's sales, newest first, before the sale `cursor`.
  public func list(
    of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(PostgresError) -> [Record] {
    let rows = try await pool.query(
      Self.listStatement,
      [.text(tenant.description), .uuid((cursor ?? .last).uuid), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in try Self.record(row) }
  }

  // MARK: The mover

  /// Takes sales one step on whose time has come: asks for the stock of those that open, says of those
  /// whose stock is there that they are open, asks back what is left of those that have closed. May be
  /// run by several at once.
  ///
  /// - Parameter lead: how long before its opening a sale gets its stock.
  /// - Returns: how many changed their state.
  public func advance(lead: Duration, limit: Int) async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      Self.advanceStatement, [CellStore.milliseconds(lead), .int8(Int64(limit))])
    return try rows[0].decode(0)
  }

  private static func ratePolicy(of sale: Sale) -> PostgresValue {
    sale.terms.ratePolicy.map { .jsonb(CampaignDocuments.encode($0)) } ?? .null(.jsonb)
  }
}
