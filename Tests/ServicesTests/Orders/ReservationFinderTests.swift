import Domain
import EventLoop
import Glibc
import HotPath
import Ledger
import Postgres
import Redis
import Telemetry
import TestSupport
import Testing

@testable import Services

@Suite struct ReservationFinderTests {
  private static let tenant = TenantID("shop")!
  private static let cell = CellName.shared(by: tenant, market: "KR")!
  private static let order = Identifier("0190a000-0000-7000-8000-000000000001")!

  @Test func `an order is found in a cell that the node has not heard of yet`() async throws {
    try await withNode { node, finder in
      try await Self.makeCell(node)
      let keys = CellKeys(Self.cell)
      _ = try await Self.reserve(keys, node.redis.client(for: keys.lease))
      #expect(await Self.word(finder, "bob") == "reserved")
      #expect(await Self.word(finder, "eve") == "foreign")
      // Its key may be another order's by now; nobody has vouched for the cell.
      let later = OrderKey(of: Self.order).order(at: Instant(milliseconds: 9))
      #expect(await Self.word(finder, "bob", later) == "unknown")
    }
  }

  @Test func `an order is absent once all cells that the ledger lists are vouched for`()
    async throws
  {
    try await withNode { node, finder in
      #expect(await Self.word(finder, "bob") == "absent")
      try await Self.makeCell(node)
      // Nobody has opened the cell: what it does not have may be on its way into the ledger.
      #expect(await Self.word(finder, "bob") == "unknown")
      let client = node.redis.client(for: CellKeys(Self.cell).lease)
      let lease = CellLease.text(epoch: 1, runID: client.runID)
      _ = try await client.send(RedisCommand("SET", CellKeys(Self.cell).lease, lease))
      node.cells.lostSignals()
      try await eventually("the order is absent") { await Self.word(finder, "bob") == "absent" }
    }
  }

  @Test func `an order is not absent because a server says so that was cut off`() async throws {
    try await withNode { node, finder in
      try await Self.makeCell(node)
      let keys = CellKeys(Self.cell)
      let client = node.redis.client(for: keys.lease)
      let runID = try #require(client.runID)
      _ = try await client.send(
        RedisCommand("SET", keys.lease, CellLease.text(epoch: 1, runID: runID)))
      let runtime = node.cells.runtime(of: Self.cell)
      try await eventually("the cell is open") { runtime.lease.isOpen }
      #expect(await Self.word(finder, "bob") == "absent")
      // The ledger has vouched for another server since, and this one does not know.
      _ = try await node.database.query("update spillway.cells set epoch = 2")
      #expect(await Self.word(finder, "bob") == "unknown")
      #expect(await Self.word(finder, "bob") == "unknown")
      _ = try await client.send(
        RedisCommand("SET", keys.lease, CellLease.text(epoch: 2, runID: runID)))
      try await eventually("the order is absent") { await Self.word(finder, "bob") == "absent" }
    }
  }

  @Test func `while the ledger cannot say which cells there are, no order is absent`() async throws
  {
    try await withNode { node, finder in
      node.database.close()
      #expect(await Self.word(finder, "bob") == "unknown")
    }
  }

  @Test func `all cells of a tenant are asked side by side`() async throws {
    try await withNode { node, finder, signal in
      var runtimes: [CellRuntime] = []
      for number in 0..<20 {
        let keys = CellKeys(CellName.shared(by: Self.tenant, market: "M\(number)")!)
        let client = node.redis.client(for: keys.lease)
        let lease = CellLease.text(epoch: 1, runID: client.runID)
        _ = try await client.send(RedisCommand("SET", keys.lease, lease))
        runtimes.append(node.cells.runtime(of: keys.cell))
      }
      try await eventually("the cells are open") { runtimes.allSatisfy(\.lease.isOpen) }
      let last = runtimes[19].keys
      _ = try await Self.reserve(last, runtimes[19].client)
      let client = runtimes[0].client
      #expect(client.pendingCount == 0)
      // While Redis answers nobody, the questions lie there all together.
      signal(SIGSTOP)
      defer { signal(SIGCONT) }
      var words: [String] = []
      let searches = (0..<3).map { _ in
        node.loop.spawn { words.append(await Self.word(finder, "bob")) }
      }
      // More than the looks at each cell's lease that may lie there too.
      try await eventually("all cells are asked") { client.pendingCount >= 60 }
      signal(SIGCONT)
      for search in searches { await search.value }
      #expect(words == ["reserved", "reserved", "reserved"])
    }
  }

  private static func reserve(_ keys: CellKeys, _ client: RedisClient) async throws {
    let record = "\("\(order)".prefix(13)) bob f - 9 KRW a:1:5"
    _ = try await client.send(
      RedisCommand("HSET", keys.reserved, "\(OrderKey(of: order))", record))
  }

  private static func makeCell(_ node: Node) async throws {
    _ = try await node.database.query(
      Statement("test_cell", "insert into spillway.cells (cell, tenant_id) values ($1, $2)"),
      [.text(cell.text), .text(tenant.description)])
  }

  private static func word(
    _ finder: ReservationFinder, _ user: String, _ order: Identifier = order
  ) async -> String {
    switch await finder.find(order, of: tenant, user: UserID(user)!) {
    case .reserved: "reserved"
    case .foreign: "foreign"
    case .absent: "absent"
    case .unknown: "unknown"
    }
  }

  private func withNode(
    _ body: @escaping @Sendable (Node, ReservationFinder) async throws -> Void
  ) async throws {
    try await withNode { node, finder, _ in try await body(node, finder) }
  }

  /// A node that has not begun to look for cells, and how to signal its Redis.
  private func withNode(
    _ body:
      @escaping @Sendable (
        Node, ReservationFinder, _ signal: @escaping @Sendable (Int32) -> Void
      ) async throws -> Void
  ) async throws {
    let database = try await SharedServers.database()
    try await withRedis { redis in
      try await withEventLoop { loop in
        let node = Node(
          configuration: .init(
            redis: try .patient(url: redis.url), database: try .patient(url: database)),
          loop: loop, logger: Logger(label: "test", sink: .none), metrics: MetricsRegistry())
        node.redis.start()
        node.database.start()
        defer { node.stop() }
        try await node.database.whenReady(deadline: .seconds(60))
        _ = try await Migrator(migrations: Migration.embedded).run(on: node.database)
        try await TenantStore(pool: node.database).put(
          Tenant(id: Self.tenant, name: "shop", defaultMarket: "KR"), hosts: [])
        try await node.redis.client(for: CellKeys(Self.cell).lease).whenReady(
          deadline: .seconds(60))
        try await body(node, ReservationFinder(cells: node.cells)) { redis.kill(signal: $0) }
      }
    }
  }
}
