import Domain
import HotPath
import Ledger
import Redis
import TestSupport
import Testing

@testable import Reconciler

@Suite struct StockAuditTests {
  private typealias Want = OrderBench.Want

  /// What a test may do harm to.
  private struct Scene {
    let shop: OrderBench
    let sale: Sale
    let order: OrderBench.Granted
    var bench: SaleBench { shop.bench }
    var stockKey: [UInt8] { bench.keys.stock(sale.scope, SKU("A")!) }
  }

  /// Orders, then `harm`, then the names of the invariants that an audit finds breached.
  private func breaches(
    after harm: @escaping @Sendable (Scene) async throws -> Void
  ) async throws -> Set<String> {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 20), ("B", 5)])
      let sale = try await shop.createSale([("A", 10, 3)], ownCell: false)
      try await shop.untilSellable("B")
      try await shop.untilSellable("A", in: sale)
      let orders = try await shop.surelyOrder(
        [Want(user: "ann", lines: [("A", 2)]), Want(user: "ben", lines: [("A", 1)])], in: sale)
      try #require(orders.count == 2)
      try await shop.untilSettled()
      _ = try await shop.orders.markPaid([orders[1].id], of: bench.tenant)
      try await shop.untilSettled()
      await bench.stop(daemon)
      #expect(try await shop.breaches() == [])
      try await harm(Scene(shop: shop, sale: sale, order: orders[0]))
      return Set(try await shop.breaches().map(\.name))
    }
  }

  @Test func `pieces that only Redis reserves are found`() async throws {
    let found = try await breaches { scene in
      _ = try await scene.bench.redis.send(
        RedisCommand("HINCRBY", scene.stockKey, "reserved", 1))
    }
    #expect(found == ["Redis and the ledger count the same stock"])
  }

  @Test func `an account that gave away more than it has is found`() async throws {
    let found = try await breaches { scene in
      _ = try await scene.bench.redis.send(RedisCommand("HINCRBY", scene.stockKey, "sold", 100))
    }
    #expect(
      found == [
        "Redis gives away no more than it received", "Redis and the ledger count the same stock",
      ])
  }

  @Test func `a reservation that Redis forgot is found`() async throws {
    let found = try await breaches { scene in
      _ = try await scene.bench.redis.send(
        RedisCommand("HDEL", scene.bench.keys.reserved, OrderKey(of: scene.order.id).description))
    }
    #expect(found == ["Redis holds what pending orders reserve"])
  }

  @Test func `another count of what a user bought is found`() async throws {
    let found = try await breaches { scene in
      _ = try await scene.bench.redis.send(
        RedisCommand(
          "HINCRBY", scene.bench.keys.bought(scene.sale.scope, SKU("A")!), "ben", -1))
    }
    #expect(found == ["Redis knows who bought what is limited"])
  }

  @Test(arguments: ["price", "limit", "version", "product"])
  func `terms of stock that were changed in Redis are found`(field: String) async throws {
    let found = try await breaches { scene in
      _ = try await scene.bench.redis.send(RedisCommand("HSET", scene.stockKey, field, "7"))
    }
    #expect(found == ["Redis has the ledger's terms of stock and sales"])
  }

  @Test func `a lost answer to an order, and one to none, are found`() async throws {
    let found = try await breaches { scene in
      for bucket in scene.bench.keys.answers {
        let digests = try await scene.bench.redis.send(RedisCommand("HKEYS", bucket)).array ?? []
        guard let digest = digests.first?.text else { continue }
        _ = try await scene.bench.redis.send(RedisCommand("HDEL", bucket, digest))
        _ = try await scene.bench.redis.send(RedisCommand("HSET", bucket, "planted", "x"))
      }
    }
    #expect(found == ["Redis has the ledger's answers to orders"])
  }

  @Test func `another popularity is found`() async throws {
    let found = try await breaches { scene in
      for bucket in scene.bench.keys.popular {
        let products = try await scene.bench.redis.send(
          RedisCommand("ZRANGE", bucket, "0", "-1"))
        guard let product = products[0].text else { continue }
        _ = try await scene.bench.redis.send(RedisCommand("ZINCRBY", bucket, 1, product))
      }
    }
    #expect(found == ["Redis counts the ledger's popular products"])
  }

  @Test func `stock and sales that only Redis knows are found`() async throws {
    let found = try await breaches { scene in
      _ = try await scene.bench.redis.send(
        RedisCommand(
          "HSET", scene.bench.keys.stock(.open, SKU("stranger")!), "received", 1))
    }
    #expect(found == ["the ledger has the stock and sales of Redis"])
  }

  @Test func `an account without an entry for what it received is found`() async throws {
    let found = try await breaches { scene in
      _ = try await scene.bench.pool.query(
        "update spillway.stock_accounts set received = received + 1 where sku = 'B'")
    }
    #expect(
      found == [
        "each account has what its entries say", "Redis and the ledger count the same stock",
        "locations have what their market received and did not ship",
      ])
  }

  @Test func `an order without its lines is found`() async throws {
    let found = try await breaches { scene in
      try await scene.bench.pool.transaction { transaction in
        // What guards the lines against everybody else.
        _ = try await transaction.query("set local session_replication_role = replica")
        _ = try await transaction.query(
          "update spillway.orders set skus = '{}', quantities = '{}', unit_prices = '{}' where order_id = $1",
          [.uuid(.init(high: scene.order.id.high, low: scene.order.id.low))])
      }
    }
    #expect(
      found.isSuperset(of: [
        "the lines of each order add up to it", "accounts reserve and sold what their orders say",
      ]))
  }

  @Test func `an order that comes to something else than its terms say is found`() async throws {
    let found = try await breaches { scene in
      _ = try await scene.bench.pool.query(
        "update spillway.orders set discount = 1, total = total - 1 where order_id = $1",
        [.uuid(.init(high: scene.order.id.high, low: scene.order.id.low))])
    }
    #expect(found == ["each order comes to what its lines and terms say"])
  }

  @Test func `an order that stands in the list of another status is found`() async throws {
    let found = try await breaches { scene in
      _ = try await scene.bench.pool.query(
        """
        insert into spillway.listed_orders (tenant_number, status, order_id)
        select t.number, 'F', o.order_id from spillway.orders o join spillway.tenants t using (tenant_id)
        """)
    }
    #expect(found == ["each order is listed by its status"])
  }

  @Test func `a pending order that nobody would cancel is found`() async throws {
    let found = try await breaches { scene in
      _ = try await scene.bench.pool.query("delete from spillway.order_deadlines")
    }
    #expect(
      found == [
        "each pending order is listed by its deadline", "Redis holds what pending orders reserve",
      ])
  }

  @Test func `an order that stays pending past its time is found`() async throws {
    let found = try await breaches { scene in
      _ = try await scene.bench.pool.query(
        "update spillway.orders set reserved_until = date_trunc('milliseconds', now()) - interval '1 minute' where paid_at is null"
      )
    }
    #expect(found.contains("no order is pending past its time"))
  }
}
