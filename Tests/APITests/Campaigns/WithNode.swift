import Domain
import EventLoop
import HotPath
import Ledger
import Postgres
import Redis
import Services
import Telemetry
import TestSupport

@testable import API

/// Runs `body` with all routes over a node with a real Redis and a database of its own.
///
/// In place of a reconciler, the commands for cells are taken as applied: their campaigns get a
/// version in Redis.
func withNode<Result: Sendable>(
  _ body: @escaping @Sendable (APIUnderTest<Node>) async throws -> Result
) async throws -> Result {
  let redis = try await SharedServers.redis().url
  let database = try await SharedServers.database()
  return try await withEventLoop { loop in
    let node = Node(
      configuration: .init(
        redis: try RedisConfiguration(url: redis),
        database: try PostgresConfiguration(url: database)),
      loop: loop, logger: Logger(label: "test", sink: .none), metrics: MetricsRegistry())
    node.start()
    defer { node.stop() }
    try await node.redis.whenReady(deadline: .seconds(10))
    try await node.database.whenReady(deadline: .seconds(10))
    _ = try await Migrator(migrations: Migration.embedded).run(on: node.database)
    for name in ["shop", "other"] {
      try await TenantStore(pool: node.database).put(
        Tenant(id: TenantID(name)!, name: name, defaultMarket: "KR"),
        hosts: [Host("\(name).test")!])
    }
    let applier = loop.spawn { await applyCommands(node) }
    let api = try APIUnderTest(
      SpillwayRoutes.table, services: node, loop: loop, settings: APISettings())
    do {
      let result = try await body(api)
      applier.cancel()
      await applier.value
      api.server.close()
      return result
    } catch {
      applier.cancel()
      await applier.value
      api.server.close()
      throw error
    }
  }
}

private func applyCommands(_ node: Node) async {
  let pending = Statement(
    "test_pending",
    """
    update spillway.cell_commands set applied_at = now() where applied_at is null
    returning cell, subject::text as subject
    """)
  while !Task.isCancelled {
    if let rows = try? await node.database.query(pending, []) {
      for row in rows { await apply(row, node) }
    }
    await node.loop.sleep(for: .milliseconds(5))
  }
}

private func apply(_ row: PostgresRow, _ node: Node) async {
  guard let cell = (try? row.decode("cell", as: String.self)).flatMap({ CellName($0) }),
    let subject = (try? row.decode("subject", as: String.self)).flatMap({ Identifier($0) })
  else { return }
  let key = CellKeys(cell).campaign(subject)
  _ = try? await node.redis.send(RedisCommand("HSET", key, "version", "1000"))
}
