public import Domain
internal import EventLoop
internal import Ledger
internal import Postgres

/// Finds campaigns for the hot path, from memory. Loop-confined.
public final class CampaignDirectory {
  /// What is known of a campaign.
  public enum Finding {
    case known(CampaignEntry)
    case absent
    /// It has to be read: use ``CampaignDirectory/load(_:of:)``.
    case unread
  }

  private let entries: EntryDirectory<CampaignEntry>

  init(pool: PostgresPool, cells: CellDirectory, loop: EventLoop) {
    let store = CampaignStore(pool: pool)
    entries = EntryDirectory(
      loop: loop,
      read: { key in try await store.find(key.id, of: key.tenant)?.campaign },
      make: { campaign in
        let cell = cells.runtime(of: campaign.cell)
        // A cell that is new to this loop is not closed, only unknown.
        await cell.lease.whenRead()
        let entry = CampaignEntry(campaign: campaign, cell: cell, now: loop.milliseconds)
        cell.campaigns[campaign.id] = entry
        return entry
      },
      onForget: { cells.forgetCampaigns() })
    cells.onCampaign = { [weak self] in self?.entries.appeared($0) }
  }

  /// Looks in memory only.
  public func find(_ campaign: Identifier, of tenant: TenantID) -> Finding {
    switch entries.find(campaign, of: tenant) {
    case .known(let entry): .known(entry)
    case .absent: .absent
    case .unread: .unread
    }
  }

  /// Reads a campaign from the ledger; requests for the same one share the query.
  ///
  /// - Throws: `PostgresError` when the ledger could not be asked.
  public func load(_ campaign: Identifier, of tenant: TenantID) async throws -> CampaignEntry? {
    try await entries.load(campaign, of: tenant)
  }
}
