public import Domain
public import Redis

/// Tells whether a cell has answered an order's idempotency key.
public enum GivenAnswers {
  /// Before the end of a day its yesterday is not trusted to stay until the key is decided on.
  private static let margin: Int64 = 60_000
  private static let dayMilliseconds: Int64 = 86_400_000

  /// Whether the cell has an answer to the key and will still have it a minute from now.
  ///
  /// - Throws: `RedisError` when the cell could not be asked.
  public static func hasAnswered(
    _ idempotency: RequestIdempotency, keys: CellKeys, client: RedisClient, now: Instant
  ) async throws(RedisError) -> Bool {
    let first = Int((now.milliseconds + margin) / dayMilliseconds) - 1
    for day in [first, first + 1] {
      let reply = try await client.send(
        RedisCommand("HEXISTS", keys.answers(day: day), "\(idempotency.key)"))
      if reply.integer == 1 { return true }
    }
    return false
  }
}
