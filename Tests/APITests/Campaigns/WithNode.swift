import Domain
import EventLoop
import HotPath
import Ledger
import Postgres
import Redis
import Services
import Telemetry
import TestSupport
import Testing

@testable import API

/// Runs `body` with all routes over a node with a Redis and a database of its own.
///
/// In place of a reconciler, commands are applied as they come, and the cell of `shop` is open.
func withNode<Result: Sendable>(
  _ body: @escaping @Sendable (APIUnderTest<Node>) async throws -> Result
) async throws -> Result {
  let database = try await SharedServers.database()
  // Its own: every node of these tests has the cell `shop.kr`, and its lease is set by hand.
  return try await withRedis { redis in
    try await withEventLoop { loop in
      let node = try await makeNode(redis: redis.url, database: database, loop: loop)
      let applier = loop.spawn { await applyCommands(node) }
      let api = try APIUnderTest(
        SpillwayRoutes.table, services: node, loop: loop, settings: APISettings(),
        idempotency: node.idempotency)
      func close() async {
        applier.cancel()
        await applier.value
        api.server.close()
        node.stop()
      }
      do {
        let result = try await body(api)
        await close()
        return result
      } catch {
        await close()
        throw error
      }
    }
  }
}

private func makeNode(redis: String, database: String, loop: EventLoop) async throws -> Node {
  var configuration = Node.Configuration(
    redis: try .patient(url: redis), database: try .patient(url: database))
  configuration.claimLimits.callTimeout = .seconds(10)
  let node = Node(
    configuration: configuration, loop: loop, logger: Logger(label: "test", sink: .none),
    metrics: MetricsRegistry())
  node.start()
  try await node.redis.whenReady(deadline: .seconds(60))
  try await node.database.whenReady(deadline: .seconds(60))
  _ = try await Migrator(migrations: Migration.embedded).run(on: node.database)
  for name in ["shop", "other"] {
    try await TenantStore(pool: node.database).put(
      Tenant(id: TenantID(name)!, name: name, defaultMarket: "KR"),
      hosts: [Host("\(name).test")!])
  }
  let lease = CellKeys(CellName.shared(by: TenantID("shop")!, market: "KR")!).lease
  let client = node.redis.client(for: lease)
  _ = try await client.send(
    RedisCommand("SET", lease, CellLease.text(epoch: 1, runID: client.runID)))
  return node
}

/// Runs `body` with a second node over the same servers and on the same loop, as another loop of the
/// same process would have one.
///
/// - Parameter clock: what it takes for the time of day.
func withAnotherNode<Result>(
  beside node: Node, clock: WallClock = .system, _ body: (Node) async throws -> Result
) async throws -> Result {
  let other = Node(
    configuration: .init(
      redis: node.redis.configuration, database: node.database.configuration),
    loop: node.loop, logger: node.logger, metrics: MetricsRegistry(), clock: clock)
  other.start()
  defer { other.stop() }
  try await other.redis.whenReady(deadline: .seconds(60))
  try await other.database.whenReady(deadline: .seconds(60))
  return try await body(other)
}

private func applyCommands(_ node: Node) async {
  let pending = Statement(
    "test_pending",
    """
    update spillway.cell_commands c set applied_at = now() from spillway.cells
    where applied_at is null and cells.cell = c.cell
    returning cells.tenant_id, c.subject::text as subject
    """)
  while !Task.isCancelled {
    if let rows = try? await node.database.query(pending, []) {
      for row in rows { try? await apply(row, node) }
    }
    await node.loop.sleep(for: .milliseconds(5))
  }
}

private func apply(_ row: PostgresRow, _ node: Node) async throws {
  let tenant = try #require(TenantID(try row.decode("tenant_id", as: String.self)))
  let id = try #require(Identifier(try row.decode("subject", as: String.self)))
  let store = CampaignStore(pool: node.database)
  let campaign = try #require(try await store.find(id, of: tenant)).campaign
  let keys = CellKeys(campaign.cell)
  let terms = campaign.terms
  let policy = terms.ratePolicy
  _ = try await node.redis.client(for: keys.lease).evaluate(
    ScriptCatalog.putCampaign.script, keys: [keys.campaign(id)],
    arguments: [
      campaign.version, "\(id)", terms.quantity, terms.perUserLimit,
      Int(terms.opensAt.milliseconds), Int(campaign.issuesUntil.milliseconds),
      policy.map { "\($0.limit)" } ?? "", policy.map { "\($0.windowMilliseconds)" } ?? "",
      policy.map { "\($0.burst)" } ?? "", policy?.scope.rawValue ?? "", keys.channel,
    ])
}
