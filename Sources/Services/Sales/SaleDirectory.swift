public import Domain
internal import EventLoop
internal import Ledger
internal import Postgres

/// Finds sales for the hot path, from memory. Loop-confined.
public final class SaleDirectory {
  /// What is known of a sale.
  public enum Finding {
    case known(SaleEntry)
    case absent
    /// It has to be read: use ``SaleDirectory/load(_:of:)``.
    case unread
  }

  private let entries: EntryDirectory<SaleEntry>

  init(
    pool: PostgresPool, cells: CellDirectory, reservation: Duration, markets: MarketBook,
    loop: EventLoop
  ) {
    let store = SaleStore(pool: pool)
    entries = EntryDirectory(
      loop: loop,
      read: { key in try await store.find(key.id, of: key.tenant)?.sale },
      make: { sale in
        let cell = cells.runtime(of: sale.cell)
        // A cell that is new to this loop is not closed, only unknown.
        await cell.lease.whenRead()
        let entry = SaleEntry(
          sale, cell: cell, reservation: reservation, markets: markets, now: loop.milliseconds)
        cell.sales[sale.id] = entry
        return entry
      },
      onForget: { cells.forgetSales() })
    cells.onSale = { [weak self] in self?.entries.appeared($0) }
  }

  /// Looks in memory only.
  public func find(_ sale: Identifier, of tenant: TenantID) -> Finding {
    switch entries.find(sale, of: tenant) {
    case .known(let entry): .known(entry)
    case .absent: .absent
    case .unread: .unread
    }
  }

  /// Reads a sale from the ledger; requests for the same one share the query.
  ///
  /// - Throws: `PostgresError` when the ledger could not be asked.
  public func load(_ sale: Identifier, of tenant: TenantID) async throws -> SaleEntry? {
    try await entries.load(sale, of: tenant)
  }

  /// The place of a sale, which is read if it must be; nil when there is no such sale.
  ///
  /// - Throws: `PostgresError` when the ledger could not be asked.
  public func scope(of sale: Identifier, _ tenant: TenantID) async throws -> OrderScope? {
    switch find(sale, of: tenant) {
    case .known(let entry): entry.scope
    case .absent: nil
    case .unread: try await load(sale, of: tenant)?.scope
    }
  }
}
