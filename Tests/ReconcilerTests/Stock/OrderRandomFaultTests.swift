import Domain
import Embedded
import HotPath
import Ledger
import Redis
import Services
import TestSupport
import Testing

@testable import Reconciler

/// Random orders, cancellations, payments, adjustments and sales, and random faults in turn, from a seed.
@Suite struct OrderRandomFaultTests {
  private enum Fault: CaseIterable {
    case none
    case flushRedis
    case killRedis
    case killPostgres
    case freeze
    case kill
    case stop
    case seize
    case rebuild
  }

  /// What a run holds on to.
  private final class Scene {
    let shop: OrderBench
    let redis: RedisServer
    let postgres: PostgresServer
    var random: SeededGenerator
    var daemons: [ForeignDaemon] = []
    var frozen: [ForeignDaemon] = []
    /// Orders that somebody was told of.
    var granted: [OrderBench.Granted] = []
    var sales: [Sale] = []

    var bench: SaleBench { shop.bench }

    init(
      _ shop: OrderBench, _ redis: RedisServer, _ postgres: PostgresServer,
      _ random: SeededGenerator
    ) {
      self.shop = shop
      self.redis = redis
      self.postgres = postgres
      self.random = random
    }

    func add() async throws { daemons.append(try await bench.startForeignDaemon()) }

    func strike(_ fault: Fault) async throws {
      switch fault {
      case .none: break
      // A wipe may take what was not in the ledger yet; so it is struck when nothing is.
      case .flushRedis:
        try await shop.untilSettled(within: .seconds(60))
        _ = try? await bench.redis.send(RedisCommand("FLUSHALL"))
      case .killRedis:
        redis.kill()
        try await redis.restart()
      case .killPostgres:
        postgres.kill(signal: 3)
        try await postgres.restart()
      case .freeze:
        let daemon = daemons.removeFirst()
        daemon.freeze()
        frozen.append(daemon)
        try await add()
      case .kill:
        daemons.removeFirst().kill()
        try await add()
      case .stop:
        try await daemons.removeFirst().stop()
        try await add()
      case .seize:
        _ = try? await bench.pool.query("update spillway.cells set reconciler = 'nobody'")
      case .rebuild:
        _ = try? await CellRebuild(
          redis: bench.router, pool: bench.pool, logger: .init(label: "rebuild", sink: .none)
        ).run(bench.cell)
      }
      if !frozen.isEmpty, frozen.count > 1 || fault == .none { frozen.removeFirst().unfreeze() }
    }

    /// Something that a shopper, a payment or an operator does; what cannot be done now is left out.
    func act() async throws {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<6: try await order()
      case 6: await cancel()
      case 7: await pay()
      case 8:
        let change = Int.random(in: 1...20, using: &random)
        let sku = ["A", "B"].randomElement(using: &random)!
        _ = try? await shop.adjust(sku, by: Bool.random(using: &random) ? change : -change)
      default: try await retime()
      }
    }

    private func order() async throws {
      let sale = sales.randomElement(using: &random)
      let wants = (0..<Int.random(in: 1...8, using: &random)).map { _ in
        var lines = [("A", Int.random(in: 1...3, using: &random))]
        if Bool.random(using: &random) { lines.append(("B", 1)) }
        return OrderBench.Want(
          user: "user\(Int.random(in: 0..<50, using: &random))",
          lines: lines.map { (sku: $0.0, quantity: $0.1) })
      }
      let life = Duration.milliseconds(Int.random(in: 1...3000, using: &random))
      let inSale = sale == nil || Bool.random(using: &random) ? nil : sale
      granted += try await shop.order(wants, in: inSale, life: life) ?? []
    }

    private func cancel() async {
      guard let order = granted.randomElement(using: &random) else { return }
      _ = try? await shop.orders.cancel(
        order.id, of: bench.tenant, user: UserID(order.user), reason: "changed my mind")
    }

    private func pay() async {
      let some = (0..<3).compactMap { _ in granted.randomElement(using: &random)?.id }
      _ = try? await shop.orders.markPaid(Array(Set(some)), of: bench.tenant)
    }

    /// Ends a sale sooner or later than it was to end.
    private func retime() async throws {
      guard let sale = sales.randomElement(using: &random),
        var changed = try? await shop.sales.find(sale.id, of: sale.tenant)?.sale
      else { return }
      let expected = changed.version
      changed.terms.closesAt =
        changed.terms.opensAt + .milliseconds(Int.random(in: 1000...8000, using: &random))
      _ = try? await shop.sales.update(changed, expected: expected)
    }

    func end() async throws {
      for daemon in frozen { daemon.unfreeze() }
      for daemon in daemons + frozen { try await daemon.stop() }
    }
  }

  @Test func `whatever happens, each piece is in one place, and no order is lost but by a wipe`()
    async throws
  {
    var options = PostgresServer.Options()
    options.sharedBuffers = 32
    try await withServers(redis: .init(fsync: .always), postgres: options) { redis, postgres in
      try await SaleBench.run(redis: redis.url, database: postgres.url) { bench in
        let shop = try await OrderBench(bench, stock: [("A", 300), ("B", 100)])
        let scene = Scene(shop, redis, postgres, SeededGenerator())
        try await scene.add()
        try await scene.add()
        try await shop.untilSellable("B")
        scene.sales = [
          try await shop.createSale([("A", 80, 4), ("B", 20, 0)], closesIn: .seconds(15)),
          try await shop.createSale([("A", 50, 0)], closesIn: .seconds(10), ownCell: false),
        ]
        for _ in 0..<8 {
          let fault = Fault.allCases.randomElement(using: &scene.random)!
          if Bool.random(using: &scene.random) {
            try await shop.untilSettled(within: .seconds(60))
          }
          for _ in 0..<Int.random(in: 1..<15, using: &scene.random) { try await scene.act() }
          try await scene.strike(fault)
        }
        // All sales end, and all that is not paid is over some seconds after.
        try await eventually(within: .seconds(120), "the sales are closed") {
          for sale in scene.sales {
            guard (try? await shop.state(of: sale)) == .closed else { return false }
          }
          return true
        }
        try await shop.untilSettled(within: .seconds(60))
        try await eventually(within: .seconds(30), "nothing is reserved") {
          let open = try await shop.level("A").reserved
          return try await open + shop.level("B").reserved == 0
        }
        try await shop.untilSettled(within: .seconds(60))
        #expect(!scene.granted.isEmpty)
        for order in scene.granted {
          #expect(try await shop.status(of: order.id) != nil, "order \(order.id) is lost")
        }
        #expect(try await shop.breaches() == [])
        #expect(!bench.log.lines.contains { $0.contains("\"closed a cell\"") })
        let levels = [try await shop.level("A"), try await shop.level("B")]
        for (sku, level) in zip(["A", "B"], levels) {
          #expect(try await shop.levelInRedis(sku) == level)
        }
        try await scene.end()
      }
    }
  }
}
