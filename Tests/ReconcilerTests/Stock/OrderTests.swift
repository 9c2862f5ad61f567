import Domain
import HotPath
import Ledger
import Redis
import TestSupport
import Testing

@testable import Reconciler

@Suite struct OrderTests {
  private typealias Want = OrderBench.Want

  @Test func `an accepted order reaches the ledger with all that the fact says`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 10), ("B", 10)])
      try await shop.untilSellable("B")
      let granted = try await shop.surelyOrder([
        Want(user: "ann", lines: [("B", 2), ("A", 1)], key: "k1"),
        Want(user: "ben", lines: [("A", 10)]), Want(user: "cat", lines: [("A", 3)]),
      ])
      try #require(granted.map(\.user) == ["ann", "cat"])
      try await shop.untilSettled()
      let order = try #require(try await shop.orders.find(granted[0].id, of: bench.tenant))
      #expect(order.lines.map(\.sku.description) == ["B", "A"])
      #expect(order.total == 500 && order.status == .pending && order.cell == bench.cell)
      #expect(order.reservedUntil.milliseconds == order.createdAt.milliseconds + 600_000)
      #expect(try await shop.level("A") == StockLevel(received: 10, reserved: 4))
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 10, reserved: 4))
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a cancelled order's stock can be had again, once`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 2)])
      try await shop.untilSellable("A")
      let first = try await shop.surelyOrder([Want(user: "ann", lines: [("A", 2)])])
      try #require(first.count == 1)
      try await shop.untilSettled()
      #expect(try await shop.surelyOrder([Want(user: "ben", lines: [("A", 1)])]).isEmpty)
      for _ in 0..<2 {
        _ = try await shop.orders.cancel(
          first[0].id, of: bench.tenant, user: nil, reason: "changed my mind")
      }
      try await shop.untilSettled()
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 2))
      // A command may come twice.
      _ = try await bench.pool.query("update spillway.cell_commands set applied_at = null")
      try await shop.untilSettled()
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 2))
      #expect(try await shop.surelyOrder([Want(user: "ben", lines: [("A", 2)])]).count == 1)
      try await shop.untilSettled()
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a paid order's stock is sold and stays so`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 5)])
      try await shop.untilSellable("A")
      let granted = try await shop.surelyOrder([Want(user: "ann", lines: [("A", 2)])])
      try #require(granted.count == 1)
      try await shop.untilSettled()
      let paid = try await shop.orders.markPaid([granted[0].id], of: bench.tenant)
      #expect(paid.count == 1)
      try await shop.untilSettled()
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 5, sold: 2))
      #expect(try await shop.level("A") == StockLevel(received: 5, sold: 2))
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `an order that nobody pays is cancelled when its time is over`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 5)])
      try await shop.untilSellable("A")
      let granted = try await shop.surelyOrder(
        [Want(user: "ann", lines: [("A", 5)])], life: .milliseconds(300))
      try #require(granted.count == 1)
      try await eventually("the order is cancelled") {
        try await shop.status(of: granted[0].id) == .cancelled
      }
      try await shop.untilSettled()
      #expect(try await shop.orders.find(granted[0].id, of: bench.tenant)?.reason == "expired")
      #expect(try await shop.surelyOrder([Want(user: "ben", lines: [("A", 5)])]).count == 1)
      try await shop.untilSettled()
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `an order whose fact comes after its time is cancelled all the same`() async throws {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 5)])
      try await shop.untilSellable("A")
      await bench.stop(daemon)
      let granted = try await shop.surelyOrder(
        [Want(user: "ann", lines: [("A", 5)])], life: .milliseconds(1))
      try #require(granted.count == 1)
      // Nobody else can have it meanwhile.
      #expect(try await shop.surelyOrder([Want(user: "ben", lines: [("A", 1)])]).isEmpty)
      bench.startDaemon()
      try await eventually(within: .seconds(20), "the order is cancelled") {
        try await shop.status(of: granted[0].id) == .cancelled
      }
      try await shop.untilSettled()
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 5))
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a correction takes what is free and no more`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 10)])
      try await shop.untilSellable("A")
      try await shop.surelyOrder([Want(user: "ann", lines: [("A", 7)])])
      let movement = try await shop.adjust("A", by: -5)
      try await eventually(within: .seconds(20), "the movement is done") {
        try await shop.stock.movement(movement.id, of: bench.tenant)?.moved != nil
      }
      #expect(try await shop.stock.movement(movement.id, of: bench.tenant)?.moved == 3)
      try await shop.untilSettled()
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 10, taken: 3, reserved: 7))
      #expect(try await shop.level("A") == StockLevel(received: 10, taken: 3, reserved: 7))
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `coupons and orders of one cell arrive together`() async throws {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 100)])
      let campaign = try await bench.createCampaign(quantity: 100)
      try await shop.untilSellable("A")
      try await bench.untilClaimable(campaign)
      await bench.stop(daemon)
      for round in 0..<5 {
        try await bench.surelyClaim(campaign, ["a\(round)", "b\(round)"], keyed: round == 2)
        try await shop.surelyOrder([Want(user: "ann", lines: [("A", 2)])])
      }
      bench.startDaemon()
      try await shop.untilSettled()
      #expect(try await bench.ledgerGrants(campaign).count == 10)
      #expect(try await shop.level("A").reserved == 10)
      #expect(try await shop.breaches() == [])
    }
  }
}
