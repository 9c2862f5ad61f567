internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

/// Waits until the ledger and Redis are at rest. Loop-confined.
struct Settling {
  private let loop: EventLoop
  private let pool: PostgresPool
  private let client: (CellKeys) -> RedisClient

  /// - Parameter client: a connection to the Redis that has a cell.
  init(loop: EventLoop, pool: PostgresPool, client: @escaping (CellKeys) -> RedisClient) {
    self.loop = loop
    self.pool = pool
    self.client = client
  }

  init(installation: Installation) {
    self.init(loop: installation.loop, pool: installation.pool) { _ in installation.client }
  }

  private static let interval = Duration.milliseconds(20)

  private static let lastStatement = Statement(
    "chaos.last_command", "select coalesce(max(command_id), 0) from spillway.cell_commands")

  private static let pendingStatement = Statement(
    "chaos.pending",
    """
    select count(*) from spillway.cell_commands where applied_at is null and command_id <= $1
    """)

  /// Waits until the cells know all that the ledger tells them now; false when `limit` has passed. What
  /// it tells them meanwhile does not count.
  func awaitCommands(within limit: Duration) async -> Bool {
    var last: Int?
    return await loop.poll(within: limit, every: Self.interval) {
      if last == nil {
        let rows = try? await pool.query(Self.lastStatement)
        last = try? rows?[0].decode(0, as: Int.self)
      }
      guard let last else { return false }
      let rows = try? await pool.query(Self.pendingStatement, [.int8(Int64(last))])
      return (try? rows?[0].decode(0, as: Int.self)) == 0
    }
  }

  /// Waits until the ledger has every fact of every stream; false when `limit` has passed.
  func awaitFacts(within limit: Duration) async -> Bool {
    await loop.poll(within: limit, every: Self.interval) {
      guard let records = try? await CellStore(pool: pool).list() else { return false }
      for record in records {
        let cursor = "\(record.cursor.milliseconds)-\(record.cursor.sequence)"
        if await lastEntry(of: CellKeys(record.cell)) != cursor { return false }
      }
      return true
    }
  }

  private func lastEntry(of keys: CellKeys) async -> String? {
    let client = client(keys)
    let exists = try? await client.send(RedisCommand("EXISTS", keys.stream))
    if exists?.integer == 0 { return StreamPosition.zero.description }
    let reply = try? await client.send(RedisCommand("XINFO", "STREAM", keys.stream))
    guard let fields = reply?.array else { return nil }
    let index = fields.firstIndex { $0.text == "last-generated-id" }
    return index.flatMap { fields[$0 + 1].text }
  }
}
