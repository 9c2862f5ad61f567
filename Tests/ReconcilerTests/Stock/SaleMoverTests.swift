import Domain
import HotPath
import Ledger
import Redis
import TestSupport
import Testing

@testable import Reconciler

@Suite struct SaleMoverTests {
  private typealias Want = OrderBench.Want

  /// Ends a sale's time now.
  private func close(_ sale: Sale, _ shop: OrderBench) async throws {
    try await eventually(within: .seconds(20), "the sale's time is over") {
      guard var changed = try await shop.sales.find(sale.id, of: sale.tenant)?.sale else {
        return false
      }
      let expected = changed.version
      changed.terms.closesAt = shop.now
      changed.terms.opensAt = changed.terms.closesAt - .seconds(100)
      return try await shop.sales.update(changed, expected: expected) != nil
    }
  }

  @Test(arguments: [true, false])
  func `a sale gets its stock, sells it and gives back what is left`(ownCell: Bool) async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 10), ("B", 3), ("C", 0)])
      try await shop.untilSellable("B")
      let sale = try await shop.createSale(
        [("A", 6, 2), ("B", 5, 0), ("C", 1, 0)], ownCell: ownCell)
      try await shop.untilSellable("A", in: sale)
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 10, taken: 6))
      #expect(try await shop.levelInRedis("A", in: sale) == StockLevel(received: 6))
      // There are fewer than the sale would have.
      try await shop.untilSellable("B", in: sale)
      #expect(try await shop.levelInRedis("B", in: sale) == StockLevel(received: 3))
      let granted = try await shop.surelyOrder(
        [
          Want(user: "ann", lines: [("A", 2)]), Want(user: "ann", lines: [("A", 1)]),
          Want(user: "ben", lines: [("A", 1), ("B", 1)]),
        ], in: sale)
      try #require(granted.map(\.user) == ["ann", "ben"])
      try await shop.untilSettled()
      #expect(try await shop.orders.find(granted[0].id, of: bench.tenant)?.sale == sale.id)
      #expect(try await shop.orders.find(granted[0].id, of: bench.tenant)?.total == 100)
      _ = try await shop.orders.markPaid([granted[0].id], of: bench.tenant)
      try await shop.untilSettled()
      #expect(try await shop.breaches() == [])

      try await close(sale, shop)
      try await eventually(within: .seconds(20), "the sale closes") {
        try await shop.state(of: sale) == .closing
      }
      // It waits for whoever has reserved something.
      _ = try await shop.orders.cancel(granted[1].id, of: bench.tenant, user: nil, reason: "no")
      try await eventually(within: .seconds(20), "the sale is closed") {
        try await shop.state(of: sale) == .closed
      }
      try await shop.untilSettled()
      #expect(try await shop.level("A", in: sale) == StockLevel(received: 6, taken: 4, sold: 2))
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 14, taken: 6))
      #expect(try await shop.levelInRedis("B") == StockLevel(received: 6, taken: 3))
      #expect(try await shop.order([Want(user: "cat", lines: [("A", 1)])], in: sale) == [])
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `what was ordered in a sale's last moment is known before it is closed`()
    async throws
  {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 10)])
      let sale = try await shop.createSale([("A", 10, 0)])
      try await shop.untilSellable("A", in: sale)
      await bench.stop(daemon)
      // The ledger learns of it after it has begun to close the sale.
      let late = try await shop.surelyOrder(
        [Want(user: "ann", lines: [("A", 4)])], in: sale, life: .seconds(12))
      try #require(late.count == 1)
      try await close(sale, shop)
      _ = try await shop.sales.advance(lead: .zero, limit: 10)
      _ = try await shop.sales.advance(lead: .zero, limit: 10)
      bench.startDaemon()
      try await eventually(within: .seconds(60), "what is free goes back") {
        try await shop.level("A").available == 6
      }
      #expect(try await shop.state(of: sale) == .closing)
      // The order expires, and its pieces go back as well.
      try await eventually(within: .seconds(60), "the sale is closed") {
        try await shop.state(of: sale) == .closed
      }
      #expect(try await shop.status(of: late[0].id) == .cancelled)
      try await shop.untilSettled()
      #expect(try await shop.levelInRedis("A")?.available == 10)
      #expect(try await shop.breaches() == [])
    }
  }
}
