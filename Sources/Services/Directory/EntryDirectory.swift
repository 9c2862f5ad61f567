internal import Domain
internal import EventLoop

/// What a loop keeps in memory of a row of the ledger. Loop-confined.
protocol DirectoryEntry: AnyObject {
  /// The row as it was read.
  associatedtype Record

  var key: EntryKey { get }
  var freshness: EntryFreshness { get set }

  /// Takes the row as it was just read.
  func update(_ record: Record)
}

/// Names a row within all tenants.
struct EntryKey: Hashable {
  let tenant: TenantID
  let id: Identifier
}

/// How far an entry can be believed.
struct EntryFreshness {
  /// How long a row is believed without a signal.
  static let lifeMilliseconds: UInt64 = 5_000

  var readAt: UInt64
  /// A signal said that the row changed.
  var isStale = false
  fileprivate var isReading = false

  init(readAt: UInt64) { self.readAt = readAt }
}

/// Finds rows of the ledger for the hot path, from memory. Loop-confined.
///
/// A row is read when it is first asked for, and again after a signal or when its time is up; meanwhile
/// the known one serves, since a cell has the last word anyway.
final class EntryDirectory<Entry: DirectoryEntry> {
  /// Rows that are remembered unless told otherwise.
  static var maximumEntries: Int { 50_000 }
  /// How long it is remembered that a row does not exist.
  static var absenceMilliseconds: UInt64 { 500 }
  static var maximumAbsences: Int { 10_000 }

  /// What is known of a row.
  enum Finding {
    case known(Entry)
    case absent
    /// It has to be read: use ``EntryDirectory/load(_:of:)``.
    case unread
  }

  /// A query that several requests wait for.
  private final class Reading {
    var task: Task<Void, Never>?
    var failure: (any Error)?
  }

  private let loop: EventLoop
  private let maximum: Int
  private let read: (EntryKey) async throws -> Entry.Record?
  private let make: (Entry.Record) async -> Entry
  /// Told when the memory starts afresh.
  private let onForget: () -> Void
  private var entries: [EntryKey: Entry] = [:]
  private var absences: [EntryKey: UInt64] = [:]
  private var readings: [EntryKey: Reading] = [:]
  private var last: Entry?

  /// - Parameters:
  ///   - maximum: rows that are remembered; beyond, the memory starts afresh.
  ///   - read: reads a row; nil when there is none.
  ///   - make: makes the entry of a row that is new here.
  init(
    loop: EventLoop, maximum: Int = maximumEntries,
    read: @escaping (EntryKey) async throws -> Entry.Record?,
    make: @escaping (Entry.Record) async -> Entry, onForget: @escaping () -> Void = {}
  ) {
    self.loop = loop
    self.maximum = maximum
    self.read = read
    self.make = make
    self.onForget = onForget
  }

  /// A signal names a row of whatever tenant: it is there now.
  func appeared(_ id: Identifier) {
    for key in absences.keys where key.id == id { absences[key] = nil }
  }

  /// All rows that are remembered.
  var all: [EntryKey: Entry].Values { entries.values }

  /// Looks in memory only, and has nothing read again.
  func remembered(_ key: EntryKey) -> Entry? { entries[key] }

  /// Looks in memory only.
  func find(_ id: Identifier, of tenant: TenantID) -> Finding {
    let entry: Entry
    if let last, last.key.id == id, last.key.tenant == tenant {
      entry = last
    } else {
      let key = EntryKey(tenant: tenant, id: id)
      guard let found = entries[key] else {
        if let until = absences[key], loop.milliseconds < until { return .absent }
        return .unread
      }
      entry = found
      last = found
    }
    let freshness = entry.freshness
    if freshness.isStale
      || loop.milliseconds &- freshness.readAt > EntryFreshness.lifeMilliseconds
    {
      refresh(entry)
    }
    return .known(entry)
  }

  /// Reads a row from the ledger; requests for the same one share the query.
  ///
  /// - Throws: `PostgresError` when the ledger could not be asked.
  func load(_ id: Identifier, of tenant: TenantID) async throws -> Entry? {
    let key = EntryKey(tenant: tenant, id: id)
    let shared = readings[key] ?? begin(key)
    await shared.task?.value
    if let failure = shared.failure { throw failure }
    return entries[key]
  }

  private func begin(_ key: EntryKey) -> Reading {
    let reading = Reading()
    readings[key] = reading
    reading.task = loop.spawn { [self] in
      do { try await take(key) } catch { reading.failure = error }
      readings[key] = nil
    }
    return reading
  }

  private func take(_ key: EntryKey) async throws {
    guard let record = try await read(key) else {
      if absences.count >= Self.maximumAbsences { absences.removeAll() }
      absences[key] = loop.milliseconds + Self.absenceMilliseconds
      return
    }
    await remember(record, as: key)
  }

  /// Takes a row as it was just read or written.
  func remember(_ record: Entry.Record, as key: EntryKey) async {
    if let entry = entries[key] {
      entry.update(record)
      entry.freshness.readAt = loop.milliseconds
      return
    }
    if entries.count >= maximum {
      entries.removeAll()
      last = nil
      onForget()
    }
    entries[key] = await make(record)
    absences[key] = nil
  }

  /// Has a row read again, in the background.
  func refresh(_ entry: Entry) {
    guard !entry.freshness.isReading else { return }
    entry.freshness.isReading = true
    // A second later again when the ledger cannot be asked: the row at hand goes on serving.
    entry.freshness.readAt = loop.milliseconds &- EntryFreshness.lifeMilliseconds &+ 1_000
    entry.freshness.isStale = false
    loop.spawn { [self] in
      try? await take(entry.key)
      entry.freshness.isReading = false
    }
  }
}
