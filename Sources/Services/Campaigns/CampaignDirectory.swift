public import Domain
internal import EventLoop
internal import Ledger
internal import Postgres

/// Finds campaigns for the hot path, from memory. Loop-confined.
///
/// A campaign is read from the ledger when it is first asked for, and again after a signal or when
/// its time is up; meanwhile the known terms serve, since the cell has the last word anyway.
public final class CampaignDirectory {
  /// Campaigns that are remembered; beyond, the memory starts afresh.
  public static let maximumEntries = 50_000
  /// How long it is remembered that a campaign does not exist.
  static let absenceMilliseconds: UInt64 = 500
  static let maximumAbsences = 10_000

  /// What is known of a campaign.
  public enum Finding {
    case known(CampaignEntry)
    case absent
    /// It has to be read: use ``CampaignDirectory/load(_:of:)``.
    case unread
  }

  private struct Key: Hashable {
    let tenant: TenantID
    let campaign: Identifier
  }

  /// A query that several requests wait for.
  private final class Reading {
    var task: Task<Void, Never>?
    var failure: (any Error)?
  }

  private let store: CampaignStore
  private let cells: CellDirectory
  private let loop: EventLoop
  private var entries: [Key: CampaignEntry] = [:]
  private var absences: [Key: UInt64] = [:]
  private var reading: [Key: Reading] = [:]
  private var last: (key: Key, entry: CampaignEntry)?

  init(pool: PostgresPool, cells: CellDirectory, loop: EventLoop) {
    store = CampaignStore(pool: pool)
    self.cells = cells
    self.loop = loop
    cells.onCampaign = { [weak self] in self?.appeared($0) }
  }

  /// A signal names a campaign of whatever tenant: it is there now.
  private func appeared(_ campaign: Identifier) {
    for key in absences.keys where key.campaign == campaign { absences[key] = nil }
  }

  /// Looks in memory only.
  public func find(_ campaign: Identifier, of tenant: TenantID) -> Finding {
    let entry: CampaignEntry
    if let last, last.key.campaign == campaign, last.key.tenant == tenant {
      entry = last.entry
    } else {
      let key = Key(tenant: tenant, campaign: campaign)
      guard let found = entries[key] else {
        if let until = absences[key], loop.milliseconds < until { return .absent }
        return .unread
      }
      entry = found
      last = (key, found)
    }
    if entry.isStale || loop.milliseconds &- entry.readAt > CampaignEntry.lifeMilliseconds {
      refresh(entry)
    }
    return .known(entry)
  }

  /// Reads a campaign from the ledger; requests for the same one share the query.
  ///
  /// - Throws: `PostgresError` when the ledger could not be asked.
  public func load(_ campaign: Identifier, of tenant: TenantID) async throws -> CampaignEntry? {
    let key = Key(tenant: tenant, campaign: campaign)
    let shared = reading[key] ?? begin(key)
    await shared.task?.value
    if let failure = shared.failure { throw failure }
    return entries[key]
  }

  private func begin(_ key: Key) -> Reading {
    let reading = Reading()
    self.reading[key] = reading
    reading.task = loop.spawn { [self] in
      do { try await read(key) } catch { reading.failure = error }
      self.reading[key] = nil
    }
    return reading
  }

  private func read(_ key: Key) async throws {
    guard let record = try await store.find(key.campaign, of: key.tenant) else {
      if absences.count >= Self.maximumAbsences { absences.removeAll() }
      absences[key] = loop.milliseconds + Self.absenceMilliseconds
      return
    }
    if let entry = entries[key] {
      entry.update(record.campaign, now: loop.milliseconds)
      return
    }
    if entries.count >= Self.maximumEntries { forgetAll() }
    let cell = cells.runtime(of: record.campaign.cell)
    // A cell that is new to this loop is not closed, only unknown.
    await cell.lease.whenRead()
    let entry = CampaignEntry(campaign: record.campaign, cell: cell, now: loop.milliseconds)
    entries[key] = entry
    absences[key] = nil
    cell.campaigns[key.campaign] = entry
  }

  private func refresh(_ entry: CampaignEntry) {
    guard !entry.isReading else { return }
    entry.isReading = true
    // A second later again when the ledger cannot be asked: the terms at hand go on serving.
    entry.readAt = loop.milliseconds &- CampaignEntry.lifeMilliseconds &+ 1_000
    entry.isStale = false
    loop.spawn { [self] in
      let key = Key(tenant: entry.campaign.tenant, campaign: entry.campaign.id)
      try? await read(key)
      entry.isReading = false
    }
  }

  private func forgetAll() {
    entries.removeAll()
    last = nil
    cells.forgetCampaigns()
  }
}
