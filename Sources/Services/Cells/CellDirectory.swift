public import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// The cells that one loop has to do with. Loop-confined.
public final class CellDirectory {
  private let client: RedisClient
  private let subscriber: RedisSubscriber
  private let pool: PostgresPool
  private let limits: ClaimPath.Limits
  private let batchSize: Histogram?
  private var runtimes: [CellName: CellRuntime] = [:]

  init(
    client: RedisClient, subscriber: RedisSubscriber, pool: PostgresPool,
    limits: ClaimPath.Limits, batchSize: Histogram?
  ) {
    self.client = client
    self.subscriber = subscriber
    self.pool = pool
    self.limits = limits
    self.batchSize = batchSize
  }

  /// The cells in use, for health reports.
  public var all: [CellRuntime] { Array(runtimes.values) }

  /// The runtime of `cell`, made at first use.
  public func runtime(of cell: CellName) -> CellRuntime {
    if let runtime = runtimes[cell] { return runtime }
    let pool = pool
    let progress = LedgerProgress(loop: client.loop) {
      await Self.cursor(of: cell, in: pool)
    }
    let runtime = CellRuntime(
      cell: cell, client: client, limits: limits, ledger: progress,
      batchSizes: batchSize)
    runtimes[cell] = runtime
    subscriber.subscribe(String(decoding: runtime.keys.channel, as: UTF8.self)) {
      [weak runtime] _, message in runtime?.took(signal: message)
    }
    runtime.lease.start()
    return runtime
  }

  /// Takes a change of the Redis connection.
  func connectionChanged() {
    for runtime in runtimes.values { runtime.lease.connectionChanged() }
  }

  /// Takes word that signals may have been missed.
  func lostSignals() {
    for runtime in runtimes.values { runtime.lostSignals() }
  }

  func forgetCampaigns() {
    for runtime in runtimes.values { runtime.campaigns.removeAll() }
  }

  func stop() {
    for runtime in runtimes.values { runtime.lease.end() }
  }

  private static let cursorStatement = Statement(
    "cell_cursor",
    "select cursor_milliseconds, cursor_sequence from spillway.cells where cell = $1")

  private static func cursor(of cell: CellName, in pool: PostgresPool) async -> StreamPosition? {
    guard let rows = try? await pool.query(cursorStatement, [.text(cell.text)]), !rows.isEmpty,
      let milliseconds = try? rows[0].decode("cursor_milliseconds", as: Int.self),
      let sequence = try? rows[0].decode("cursor_sequence", as: Int.self)
    else { return nil }
    return StreamPosition(milliseconds: milliseconds, sequence: sequence)
  }
}
