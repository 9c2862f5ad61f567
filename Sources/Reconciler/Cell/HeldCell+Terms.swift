internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres

extension HeldCell {
  /// Brings the terms of all campaigns into a closed cell whose contents are kept.
  ///
  /// A server that has lost its last moments, or a replica that had not copied them, may lack commands
  /// that count as applied. No fact tells of these, so the stream does not show it.
  func putAgain(_ closing: Closing) async throws(ReconcilerError) {
    var after = Identifier(high: 0, low: 0)
    while true {
      let from = after
      let page = try await ledger { () async throws(PostgresError) in
        try await contents.campaigns(of: cell, after: from, limit: limits.campaignsPerPage)
      }
      guard let last = page.last else { return }
      after = last.id
      for campaign in page {
        // The cell that is open next is the one that was put right.
        guard redis.runID == closing.runID else { throw .overtaken }
        try checkHeld()
        try await put(campaign)
      }
    }
  }
}
