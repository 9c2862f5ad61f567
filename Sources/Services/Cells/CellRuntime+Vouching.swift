internal import HotPath
internal import Redis

extension CellRuntime {
  /// Whether Redis has the lease that this node knows: asked behind a look at the cell, it tells whether
  /// what was not found there was not there, or was wiped and is still on its way into the ledger.
  func isVouchedFor() async throws(RedisError) -> Bool {
    guard let known = lease.value else { return false }
    return try await client.send(RedisCommand("GET", keys.lease)).bytes == known
  }
}
