internal import HotPath
internal import Telemetry

/// What was got out of a stream whose facts the ledger does not all take.
struct Salvage {
  /// Facts that were new to the ledger.
  var taken = 0
  /// Entries that were left behind.
  var left = 0
  /// The first of them, and why.
  var first: String?
}

extension HeldCell {
  /// Refused entries that are logged one by one.
  private static let loggedEntries = 1000

  /// Brings all facts up to `last` into the ledger but those of entries that it refuses or that are
  /// malformed: each of these is passed over alone, counted and logged.
  func salvage(to last: StreamPosition) async throws(ReconcilerError) -> Salvage {
    let most = limits.entriesPerRead.lowerBound * 8
    var salvage = Salvage()
    var count = most
    while cursor < last {
      let batch = try await read(count: count)
      if batch.isEmpty && batch.malformed == nil { break }
      do {
        salvage.taken += try await apply(batch) ?? 0
        count = min(most, count * 2)
      } catch .contradiction(let reason) {
        guard let entry = alone(in: batch) else {
          // One of several is refused: the half before it may be fine.
          count = max(1, batch.instants.count / 2)
          continue
        }
        try await leave(entry, reason, &salvage)
      }
    }
    return salvage
  }

  /// The entry that must be what was wrong with the batch; `nil` when there are several that may be.
  private func alone(in batch: FactBatch) -> StreamPosition? {
    if cursor == batch.last, let malformed = batch.malformed { return malformed }
    return batch.instants.count == 1 ? batch.last : nil
  }

  private func leave(
    _ entry: StreamPosition, _ reason: String, _ salvage: inout Salvage
  ) async throws(ReconcilerError) {
    guard entry > cursor else { throw .contradiction(reason) }
    try await skip(to: entry)
    salvage.left += 1
    if salvage.first == nil { salvage.first = "\(entry): \(reason)" }
    guard salvage.left <= Self.loggedEntries else { return }
    logger.error(
      "an entry was left behind",
      [("entry", .string(entry.description)), ("reason", .string(reason))])
  }
}
