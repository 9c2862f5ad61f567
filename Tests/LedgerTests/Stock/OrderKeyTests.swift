import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// The ledger's own guard of orders' idempotency keys.
@Suite struct OrderKeyTests {
  private static let day: Int64 = 86_400_000

  private func order(_ quantity: Int, after: Int64 = 0, key: UInt64 = 1) -> StockBench.Order {
    var order = StockBench.Order(
      lines: [("A", quantity, 100)], digest: RequestDigest(high: 0, low: key))
    order.reservedAt += after
    order.deadline += after
    return order
  }

  private func find(_ order: StockBench.Order, _ bench: StockBench) async throws -> OrderRecord {
    try #require(try await bench.orders.find(order.id, of: bench.tenant))
  }

  @Test func `a second order under a key is cancelled and gives its stock back`() async throws {
    try await StockBench.run { bench in
      let first = order(2)
      let second = order(3, after: Self.day - 1)
      let other = order(1, key: 2)
      #expect(try await bench.apply(bench.facts([first]), from: 0, to: 5) == .applied(new: 1))
      // In a batch with one that is fine, and again, as after a crash.
      let batch = bench.facts([second, other])
      #expect(try await bench.apply(batch, from: 5, to: 9) == .applied(new: 2))
      #expect(try await bench.apply(batch, from: 9, to: 12) == .applied(new: 0))
      let kept = try await find(first, bench)
      let duplicate = try await find(second, bench)
      #expect(kept.status == .pending)
      #expect(duplicate.status == .cancelled && duplicate.cancelledAt != nil)
      #expect(duplicate.reason == OrderRecord.duplicate)
      #expect(try await find(other, bench).status == .pending)
      #expect(try await bench.level(bench.skus[0]) == StockLevel(received: 10, reserved: 3))
      #expect(try await bench.commands(CellCommand.releaseOrder) == [second.id])
      #expect(try await bench.commands(CellCommand.rebuildCell).count == 1)
      let faults = try await LedgerAudit(pool: bench.pool).stockFaults(keyLife: .seconds(86_400))
      #expect(faults.repeatedKeys == 0 && faults.miscounted == 0 && faults.incomplete == 0)
    }
  }

  @Test func `of one batch the first order under a key stays`() async throws {
    try await StockBench.run { bench in
      let orders = [order(1), order(2, after: 1), order(4, after: 2)]
      #expect(try await bench.apply(bench.facts(orders), from: 0, to: 5) == .applied(new: 3))
      var states: [OrderStatus] = []
      for order in orders { states.append(try await find(order, bench).status) }
      #expect(states == [.pending, .cancelled, .cancelled])
      #expect(try await bench.level(bench.skus[0]).reserved == 1)
    }
  }

  @Test func `an order with an old key is locked before the stock, as by everybody`() async throws {
    try await StockBench.run { bench in
      let (old, new) = (order(1), order(2, after: Self.day))
      _ = try await bench.apply(bench.facts([old]), from: 0, to: 5)
      var applied: Result<CellStore.Application, any Error>?
      var facts: Task<Void, Never>?
      try await bench.pool.transaction { transaction in
        _ = try await OrderDetailStore(transaction: transaction).lock(
          old.id, of: bench.tenant, user: nil)
        facts = bench.pool.loop.spawn {
          do {
            applied = .success(try await bench.apply(bench.facts([new]), from: 5, to: 6))
          } catch { applied = .failure(error) }
        }
        try await bench.untilWaiting(for: "apply")
        // What a refund does at its end.
        _ = try await transaction.query(
          """
          select spillway.receive_stock('demo', spillway.new_id(), 'return', 'demo.kr',
            spillway.open_scope(), 'A', 1, 'test', 'clerk')
          """)
      }
      await facts?.value
      #expect(try applied?.get() == .applied(new: 1))
      #expect(try await bench.level(bench.skus[0]) == StockLevel(received: 11, reserved: 3))
    }
  }

  /// Gives an order the id that a cell makes from its key.
  private func withKeyInID(_ order: StockBench.Order) -> StockBench.Order {
    var order = order
    order.id = OrderKey(order.digest).order(at: Instant(milliseconds: order.reservedAt))
    return order
  }

  @Test(arguments: [false, true])
  func `a key whose life is over is free for another order`(isOneBatch: Bool) async throws {
    try await StockBench.run { bench in
      // Pending orders of earlier versions give their keys up, too: their cells do not find them by these.
      let orders = [order(1), order(2, after: Self.day)]
      if isOneBatch {
        _ = try await bench.apply(bench.facts(orders), from: 0, to: 5)
      } else {
        _ = try await bench.apply(bench.facts([orders[0]]), from: 0, to: 5)
        _ = try await bench.apply(bench.facts([orders[1]]), from: 5, to: 6)
      }
      for order in orders { #expect(try await find(order, bench).status == .pending) }
      #expect(try await bench.level(bench.skus[0]).reserved == 3)
      #expect(try await bench.commands(CellCommand.rebuildCell) == [])
      let rows = try await bench.pool.query(
        "select order_id from spillway.orders where idempotency_digest = $1",
        [.uuid(OrderKey(RequestDigest(high: 0, low: 1)).first.uuid)])
      #expect(try rows.map { try $0.identifier("order_id") } == [orders[1].id])
    }
  }

  @Test func `an order that is pending no more gives up a key whose life is over`() async throws {
    try await StockBench.run { bench in
      let orders = [order(1), order(2, after: Self.day)].map(withKeyInID)
      _ = try await bench.apply(bench.facts([orders[0]]), from: 0, to: 5)
      _ = try await bench.orders.cancel(
        orders[0].id, of: bench.tenant, user: nil, reason: "no more")
      _ = try await bench.apply(bench.facts([orders[1]]), from: 5, to: 6)
      #expect(try await find(orders[1], bench).status == .pending)
      #expect(try await bench.level(bench.skus[0]).reserved == 2)
      #expect(try await bench.commands(CellCommand.rebuildCell) == [])
    }
  }

  @Test(arguments: [false, true])
  func `of pending orders a key has one, however old`(isOneBatch: Bool) async throws {
    try await StockBench.run { bench in
      let orders = [order(1), order(2, after: Self.day)].map(withKeyInID)
      if isOneBatch {
        _ = try await bench.apply(bench.facts(orders), from: 0, to: 5)
      } else {
        _ = try await bench.apply(bench.facts([orders[0]]), from: 0, to: 5)
        _ = try await bench.apply(bench.facts([orders[1]]), from: 5, to: 6)
      }
      #expect(try await find(orders[0], bench).status == .pending)
      #expect(try await find(orders[1], bench).status == .cancelled)
      #expect(try await bench.level(bench.skus[0]).reserved == 1)
      #expect(try await bench.commands(CellCommand.rebuildCell).count == 1)
    }
  }
}
