import Domain
import HotPath
import Ledger
import Redis
import TestSupport
import Testing

@testable import Reconciler

/// Cells as they were kept before orders were kept by their keys.
@Suite struct EarlierFormTests {
  private typealias Want = OrderBench.Want

  private static let printDigest = OrderBench.digest("print")
  private static let life = 600_000

  /// An order as the version before granted it.
  private struct EarlierOrder {
    let id: Identifier
    let user: String
    let key: String
    var digest: RequestDigest { OrderBench.digest(key) }
  }

  /// Writes the cell's contents as the version before kept them: a reservation, its answer, and its fact, which
  /// is not in the ledger yet.
  private func grantEarlier(
    _ order: EarlierOrder, _ shop: OrderBench
  ) async throws {
    let (keys, redis) = (shop.bench.keys, shop.bench.redis)
    let now = shop.now.milliseconds
    let day = Int(now / 86_400_000)
    let goods = "A:2:100"
    _ = try await redis.send(
      RedisCommand("HSET", keys.reserved, "\(order.id)", "\(day) \(order.user) A:2"))
    _ = try await redis.send(
      RedisCommand(
        "HSET", keys.answers(day: day), "\(order.digest)",
        "\(Self.printDigest) \(order.id) - \(now + Int64(Self.life)) KRW \(goods)"))
    _ = try await redis.send(
      RedisCommand("HINCRBY", keys.stock(.open, SKU("A")!), "reserved", 2))
    _ = try await redis.send(
      RedisCommand("ZINCRBY", keys.popular(day: day), 2, "\(shop.product)"))
    _ = try await redis.send(
      RedisCommand(
        "XADD", keys.stream, "*", "stock.reserved",
        "open KR \(now) \(now + Int64(Self.life)) 1 KRW \(goods) \(Self.printDigest) - "
          + "\(order.id) \(order.user) \(order.digest) 1"))
  }

  /// Has the cell be complete and open for the version before.
  private func openEarlier(_ bench: SaleBench) async throws {
    let record = try #require(try await bench.store.find(bench.cell))
    _ = try await bench.redis.send(RedisCommand("SET", bench.keys.earlierComplete, "1"))
    _ = try await bench.redis.send(
      RedisCommand("SET", bench.keys.lease, "\(record.epoch):\(try #require(record.runID))"))
  }

  @Test func `a cell that the version before has filled since is rebuilt, though it was complete`()
    async throws
  {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 20)])
      try await shop.untilSellable("A")
      let granted = try await shop.surelyOrder([Want(user: "ann", lines: [("A", 2)])])
      try await shop.untilSettled()
      await bench.stop(daemon)
      // It rebuilt the cell in its form, and knows nothing of this form's mark.
      _ = try await bench.redis.send(RedisCommand("DEL", bench.keys.reserved))
      _ = try await bench.redis.send(
        RedisCommand("HSET", bench.keys.reserved, "\(granted[0].id)", "1 ann A:2"))
      try await openEarlier(bench)
      bench.startDaemon()
      try await eventually(within: .seconds(60), "the cell is rebuilt") {
        try await bench.redis.send(RedisCommand("EXISTS", bench.keys.earlierComplete)).integer == 0
      }
      try await shop.untilSellable("A")
      _ = try await shop.orders.markPaid([granted[0].id], of: bench.tenant)
      try await shop.untilSettled()
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 20, sold: 2))
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a cell of an earlier form is rebuilt, and its orders can be repeated and settled`()
    async throws
  {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 20)])
      try await shop.untilSellable("A")
      try await shop.untilSettled()
      await bench.stop(daemon)
      try await openEarlier(bench)
      _ = try await bench.redis.send(RedisCommand("DEL", bench.keys.complete))
      #expect(try await bench.lease() == nil)
      let orders = ["k1", "k2", "k3"].map { key in
        EarlierOrder(
          id: Identifier(at: shop.now, counter: 7, random: OrderBench.digest("id of \(key)").low),
          user: "ann", key: key)
      }
      for order in orders { try await grantEarlier(order, shop) }

      bench.startDaemon()
      try await shop.untilSellable("A")
      try await shop.untilSettled()
      #expect(try await shop.breaches() == [])
      #expect(try await shop.level("A") == StockLevel(received: 20, reserved: 6))
      let mark = try await bench.redis.send(RedisCommand("EXISTS", bench.keys.earlierComplete))
      #expect(mark.integer == 0)

      // Their keys lead to them, while they are pending and after.
      let salt = try #require(try await bench.store.keySalt(of: bench.cell))
      let again = orders.map { Want(user: $0.user, lines: [("A", 2)], key: $0.key, salt: salt) }
      #expect(try await shop.surelyOrder(again) == [])
      _ = try await shop.orders.markPaid([orders[0].id], of: bench.tenant)
      _ = try await shop.orders.cancel(orders[1].id, of: bench.tenant, user: nil, reason: "no")
      try await shop.untilSettled()
      #expect(try await shop.breaches() == [])
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 20, reserved: 2, sold: 2))
      #expect(try await shop.surelyOrder(again) == [])
      let new = try await shop.surelyOrder([Want(user: "ann", lines: [("A", 2)], key: "k4")])
      #expect(new.count == 1)
      try await shop.untilSettled()
      #expect(try await shop.breaches() == [])
    }
  }
}
