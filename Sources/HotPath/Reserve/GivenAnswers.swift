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
    let key = OrderKey(idempotency.key)
    let first = Int((now.milliseconds + margin) / dayMilliseconds) - 1
    // A record moves from here to the answers, never back. That of an order from before yesterday may be dropped
    // instead, when the order is settled: the key would be free before it is decided on.
    let reserved = try await client.send(RedisCommand("HGET", keys.reserved, "\(key)"))
    if let bytes = reserved.bytes,
      let time = bytes.withUnsafeBytes({ ReservationRecord.time(of: $0, under: key) }),
      Int(time.milliseconds / dayMilliseconds) >= first
    {
      return true
    }
    for day in [first, first + 1] {
      let reply = try await client.send(RedisCommand("HEXISTS", keys.answers(day: day), "\(key)"))
      if reply.integer == 1 { return true }
    }
    return false
  }
}
