import Domain
import Embedded
import HotPath
import Ledger
import Redis
import Services
import Telemetry
import TestSupport
import Testing

@testable import Reconciler

@Suite struct StockRebuildTests {
  private typealias Want = OrderBench.Want

  /// All of a cell's keys but those of its working, in a form that can be compared.
  private func state(
    _ bench: SaleBench, of keys: CellKeys? = nil
  ) async throws -> [String: String] {
    var state: [String: String] = [:]
    let working = ["lease", "stream", "rebuild", "complete", "trimmed", "told"]
    let all = String(decoding: (keys ?? bench.keys).all, as: UTF8.self)
    for key in try await bench.redis.send(RedisCommand("KEYS", "\(all)*")).array ?? [] {
      let name = String(key.text!.dropFirst(all.count))
      // Which movements were answered is of no use after a rebuild: the ledger asks for others only.
      if working.contains(name) || name.hasPrefix("taken:") { continue }
      let type = try await bench.redis.send(RedisCommand("TYPE", key.text!)).text
      let value: RedisValue =
        switch type {
        case "hash": try await bench.redis.send(RedisCommand("HGETALL", key.text!))
        case "zset":
          try await bench.redis.send(RedisCommand("ZRANGE", key.text!, "0", "-1", "WITHSCORES"))
        default: try await bench.redis.send(RedisCommand("GET", key.text!))
        }
      let parts = (value.array ?? [value]).map { $0.text ?? "" }
      let pairs = stride(from: 0, to: parts.count, by: 2).map { index in
        index + 1 < parts.count ? "\(parts[index])=\(parts[index + 1])" : parts[index]
      }
      let life = try await bench.redis.send(RedisCommand("PTTL", key.text!)).integer ?? -1
      state[name] = pairs.sorted().joined(separator: ";") + (life > 0 ? " ends" : "")
    }
    return state
  }

  @Test func `a rebuild on demand loads exactly what the scripts had made`() async throws {
    var limits = ReconcilerLimits()
    limits.ordersPerPage = 3
    limits.accountsPerPage = 1
    limits.loadChunk = 2
    try await SaleBench.run(limits: limits) { bench in
      bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 50), ("B", 50), ("C", 0)])
      let sale = try await shop.createSale([("A", 20, 3), ("C", 5, 1)], ownCell: false)
      try await shop.untilSellable("B")
      try await shop.untilSellable("A", in: sale)
      let open = try await shop.surelyOrder(
        (0..<8).map {
          Want(
            user: "user\($0)", lines: [("B", 2), ("A", 1)], terms: $0 % 2 == 0 ? "S\($0)::KRW" : "-"
          )
        })
      try #require(open.count == 8)
      let limited = try await shop.surelyOrder(
        (0..<7).map { Want(user: "user\($0)", lines: [("A", $0 % 3 + 1)]) }, in: sale)
      try #require(limited.count == 7)
      try await shop.untilSettled()
      _ = try await shop.orders.markPaid([open[0].id, limited[0].id], of: bench.tenant)
      for order in [open[1], limited[1]] {
        _ = try await shop.orders.cancel(order.id, of: bench.tenant, user: nil, reason: "no")
      }
      try await shop.adjust("B", by: -7)
      try await eventually { try await shop.level("B").taken == 7 }
      try await shop.untilSettled()
      let before = try await state(bench)
      #expect(before["stock:open:B"]?.contains("sold=2") == true)
      #expect(before["bought:\(sale.id):A"]?.contains("user0=1") == true)
      let report = try #require(
        try await CellRebuild(
          redis: bench.router, pool: bench.pool, limits: bench.configuration.limits,
          logger: Logger(label: "test", sink: .none)
        ).run(bench.cell))
      #expect(report.accounts == 4 && report.orders == 11 && report.records == 4)
      #expect(try await state(bench) == before)
      #expect(try await shop.breaches() == [])
      // What was reserved before the rebuild is given back after it.
      _ = try await shop.orders.cancel(limited[2].id, of: bench.tenant, user: nil, reason: "no")
      try await shop.untilSettled()
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `many cells are rebuilt side by side, each with its own orders`() async throws {
    var limits = ReconcilerLimits()
    limits.ordersPerPage = 3
    limits.loadChunk = 2
    try await SaleBench.run(limits: limits) { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 500), ("B", 500)])
      try await shop.untilSellable("A")
      var sales: [Sale] = []
      for number in 0..<4 {
        sales.append(
          try await shop.createSale(
            [("A", 30, number), ("B", 30, 3 - number)], ownCell: number != 1))
      }
      for sale in sales { try await shop.untilSellable("A", in: sale) }
      // The same users everywhere: what they have of one sale must not count in another.
      for (number, sale) in ([nil] + sales.map(Optional.some)).enumerated() {
        let orders = try await shop.surelyOrder(
          (0..<(5 + number)).map {
            Want(user: "user\($0)", lines: $0 % 2 == 0 ? [("A", 1)] : [("B", 1), ("A", 1)])
          }, in: sale)
        try await shop.untilSettled()
        _ = try await shop.orders.markPaid([orders[0].id], of: bench.tenant)
        _ = try await shop.orders.cancel(orders[1].id, of: bench.tenant, user: nil, reason: "no")
      }
      try await shop.untilSettled()
      await bench.stop(daemon)
      let cells = Set([bench.cell] + sales.map(\.cell)).map(CellKeys.init)
      #expect(cells.count == 4)
      var before: [String: [String: String]] = [:]
      for keys in cells { before[keys.cell.text] = try await state(bench, of: keys) }
      for keys in cells {
        // Not the stream alone, so that what there is has to be dropped.
        _ = try await bench.redis.send(RedisCommand("DEL", keys.stream, keys.lease))
        _ = try await bench.redis.send(
          RedisCommand("SET", keys.idempotency(digest: "lost"), "f 1:1"))
      }
      bench.startDaemon()
      try await shop.untilSettled()
      for keys in cells {
        #expect(try await state(bench, of: keys) == before[keys.cell.text], "\(keys.cell)")
      }
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a wiped cell with everything under way comes back as the ledger has it`()
    async throws
  {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 100)])
      try await shop.untilSellable("A")
      let orders = try await shop.surelyOrder(
        (0..<5).map { Want(user: "user\($0)", lines: [("A", 10)], key: "key\($0)") })
      try #require(orders.count == 5)
      try await shop.untilSettled()
      await bench.stop(daemon)
      // A release, a commit and a take that the cell has not heard of, a receipt, and an order that the
      // ledger has not.
      _ = try await shop.orders.cancel(orders[0].id, of: bench.tenant, user: nil, reason: "no")
      _ = try await shop.orders.markPaid([orders[1].id], of: bench.tenant)
      let movement = try await shop.adjust("A", by: -60)
      try await shop.adjust("A", by: 5)
      let lost = try await shop.surelyOrder([Want(user: "eve", lines: [("A", 50)], key: "lost")])
      try #require(lost.count == 1)
      let keys = try await bench.redis.send(
        RedisCommand("KEYS", String(decoding: bench.keys.all, as: UTF8.self) + "*"))
      for key in keys.array ?? [] { _ = try await bench.redis.send(RedisCommand("DEL", key.text!)) }
      bench.startDaemon()
      try await shop.untilSettled()
      // The order vanished, and with it its record: the key may be used again.
      #expect(try await shop.status(of: lost[0].id) == nil)
      #expect(try await shop.stock.movement(movement.id, of: bench.tenant)?.moved == 60)
      let expected = StockLevel(received: 105, taken: 60, reserved: 30, sold: 10)
      #expect(try await shop.levelInRedis("A") == expected)
      #expect(try await shop.level("A") == expected)
      #expect(
        try await shop.surelyOrder([Want(user: "eve", lines: [("A", 5)], key: "lost")]).count == 1)
      #expect(
        try await shop.surelyOrder([Want(user: "user2", lines: [("A", 10)], key: "key2")]).isEmpty)
      try await shop.untilSettled()
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `what Redis kept of orders and takes whose facts are lost is dropped`() async throws {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 20)])
      try await shop.untilSellable("A")
      try await shop.surelyOrder([Want(user: "ann", lines: [("A", 4)])])
      try await shop.untilSettled()
      let movement = try await shop.adjust("A", by: -6)
      await bench.stop(daemon)
      try await shop.surelyOrder([Want(user: "ben", lines: [("A", 9)])])
      _ = try await bench.redis.send(RedisCommand("DEL", bench.keys.stream, bench.keys.lease))
      bench.startDaemon()
      try await shop.untilSettled()
      #expect(try await shop.stock.movement(movement.id, of: bench.tenant)?.moved == 6)
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 20, taken: 6, reserved: 4))
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a Redis that forgot what it was told is not believed`() async throws {
    let database = try await SharedServers.database()
    let folder = TestFolder.make("forgot")
    defer { TestFolder.remove(folder) }
    let directory = "\(folder)/redis"
    let server = RedisServer(directory: directory, options: .init(fsync: .always))
    try await server.start()
    try await SaleBench.run(redis: server.url, database: database) { bench in
      bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 20)])
      try await shop.untilSellable("A")
      let orders = try await shop.surelyOrder([
        Want(user: "ann", lines: [("A", 4)]), Want(user: "ben", lines: [("A", 5)]),
      ])
      try #require(orders.count == 2)
      try await shop.untilSettled()
      await server.stop()
      _ = try await run("/bin/cp", ["-a", directory, "\(folder)/backup"])
      try await server.start()
      try await shop.untilSettled()
      // No order comes, only what the ledger tells: a release and a commit.
      _ = try await shop.orders.cancel(orders[0].id, of: bench.tenant, user: nil, reason: "no")
      _ = try await shop.orders.markPaid([orders[1].id], of: bench.tenant)
      try await shop.untilSettled()
      await server.stop()
      _ = try await run(
        "/bin/sh",
        ["-c", "rm -r \(directory)/data && cp -a \(folder)/backup/data \(directory)/data"])
      try await server.start()
      try await eventually(within: .seconds(20), "the cell was rebuilt") {
        bench.log.lines.contains { $0.contains("rebuilt a cell") && $0.contains("\"accounts\":1") }
      }
      try await shop.untilSettled()
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 20, sold: 5))
      #expect(try await shop.breaches() == [])
    }
    await server.stop()
  }
}
