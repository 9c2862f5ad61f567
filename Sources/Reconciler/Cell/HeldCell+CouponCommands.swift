internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

extension HeldCell {
  /// Marks coupons that the ledger has taken back: a later claim of their user is told.
  ///
  /// The ledger has them, so Redis has them too, or is behind and rebuilt.
  func recallCoupons(
    _ commands: [CellCommand], _ effects: inout CommandEffects
  ) async throws(ReconcilerError) {
    let subjects = commands.subjects(of: CellCommand.recallCoupons)
    guard !subjects.isEmpty else { return }
    let recalls = try await ledger { () async throws(PostgresError) in
      try await contents.recalls(subjects, of: cell)
    }
    for taken in recalls {
      let records = taken.digests.map { keys.idempotency(digest: $0) }
      let head: [any RedisArgument] = [taken.recall.description, taken.user]
      let reply = try await run(
        ScriptCatalog.recallCoupons, keys: [keys.holders(taken.campaign)] + records,
        arguments: head + taken.sequences.map { $0 as any RedisArgument })
      Self.note(reply[1], &effects)
    }
  }
}
