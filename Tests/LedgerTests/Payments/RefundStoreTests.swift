import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Refunds as the ledger books them.
@Suite struct RefundStoreTests {
  private static let key = RequestIdempotency(
    key: RequestDigest(high: 3, low: 4), fingerprint: RequestDigest(high: 5, low: 6))

  /// An order of one piece at 100 that is paid.
  private func paid(_ bench: StockBench) async throws -> StockBench.Order {
    let order = try await bench.placed(StockBench.Order(lines: [("A", 1, 100)]))
    try await bench.charge(100)
    guard case .paid = try await bench.pay([bench.wish(order)])[0] else {
      throw NeverHappened(description: "the payment")
    }
    return order
  }

  /// Cancels a paid order of one piece.
  private func cancel(_ order: StockBench.Order, _ bench: StockBench) async throws {
    try await undo(order, bench)
  }

  /// Gives all back of a paid order of one piece.
  private func undo(
    _ order: StockBench.Order, as status: OrderStatus = .cancelled, restocks: Bool = true,
    returnsCoupon: Bool = true, _ bench: StockBench
  ) async throws {
    try await bench.pool.transaction { transaction in
      let store = OrderDetailStore(transaction: transaction)
      _ = try await store.lock(order.id, of: bench.tenant, user: nil)
      try await store.give(
        OrderDetailStore.Refund(
          id: .random,
          plan: RefundPlan(
            amount: 100, lines: [.init(sku: bench.skus[0], quantity: 1, amount: 100)],
            isComplete: true), status: status, restocks: restocks, returnsCoupon: returnsCoupon,
          reason: "changed", actor: bench.user, idempotency: Self.key), of: order.id,
        tenant: bench.tenant)
    }
  }

  private func refundFaults(_ bench: StockBench) async throws -> [String] {
    try await LedgerAudit(pool: bench.pool).refundFaults().filter { $0.count > 0 }
      .map(\.invariant)
  }

  @Test func `a key that is used again after its life refuses no refund`() async throws {
    try await StockBench.run { bench in
      for _ in 0..<2 { try await cancel(try await paid(bench), bench) }
      #expect(try await bench.balance() == 200)
      #expect(try await bench.moneyFaults() == [])
      #expect(try await refundFaults(bench) == [])
    }
  }

  @Test func `what comes back finds room in a full wallet, which then takes no credit`()
    async throws
  {
    try await StockBench.run { bench in
      let order = try await paid(bench)
      _ = try await bench.pool.query(
        "update spillway.wallet_accounts set balance = $1 where owner = 'ann'",
        [.int8(Int64(WalletLimits.balance))])
      try await cancel(order, bench)
      #expect(try await bench.balance() == WalletLimits.balance + 100)
      #expect(try await bench.wallets.credit([bench.posting(1)]) == [.overflow])
    }
  }

  @Test func `a refund that waited for its wallet is recorded behind what it waited for`()
    async throws
  {
    try await StockBench.run { bench in
      let order = try await paid(bench)
      var failure: (any Error)?
      var refund: Task<Void, Never>?
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          "select from spillway.wallet_accounts where owner = 'ann' for no key update")
        refund = bench.pool.loop.spawn {
          do { try await cancel(order, bench) } catch { failure = error }
        }
        try await bench.untilWaiting(for: "refund_order")
        let waits = try await transaction.query(
          "select clock_timestamp() + interval '20 ms' as end")
        let end: PostgresTimestamp = try waits[0].decode("end")
        try await eventually("the clock goes on") {
          try await transaction.query("select clock_timestamp() > $1", [.timestamptz(end)])[0]
            .decode(0)
        }
        _ = try await WalletStore(transaction: transaction).credit([bench.posting(5_000)])
      }
      await refund?.value
      #expect(failure == nil)
      let rows = try await bench.pool.query(
        """
        select recorded_at < lag(recorded_at) over (order by entry_id) as falls
          from spillway.wallet_entries e join spillway.wallet_accounts a using (account_id, tenant_id)
         where a.owner = 'ann' order by entry_id
        """)
      #expect(rows.count == 4)
      for row in rows { #expect(try row.decode("falls", as: Bool?.self) != true) }
      #expect(try await bench.balance() == 5_100)
    }
  }

  @Test func `pieces that a policy withholds are known from those that were forgotten`()
    async throws
  {
    try await StockBench.run { bench in
      try await undo(try await paid(bench), as: .refunded, restocks: false, bench)
      #expect(try await bench.balance() == 100)
      let rows = try await bench.pool.query("select is_withheld from spillway.refunds")
      #expect(try rows.map { row in try row.decode(0, as: Bool.self) } == [true])
      #expect(try await refundFaults(bench) == [])
      #expect(try await LedgerAudit(pool: bench.pool).locationFaults().unshipped == 0)
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query("set local session_replication_role = replica")
        _ = try await transaction.query("update spillway.refunds set is_withheld = false")
      }
      #expect(
        try await refundFaults(bench) == [
          "what was never shipped is on sale again, or withheld, when its order is undone"
        ])
    }
  }

  @Test func `a cancellation withholds nothing, whatever a policy says`() async throws {
    try await StockBench.run { bench in
      let order = try await paid(bench)
      await #expect(throws: PostgresError.self) { try await undo(order, restocks: false, bench) }
      await #expect(throws: PostgresError.self) {
        try await undo(order, returnsCoupon: false, bench)
      }
      #expect(try await bench.balance() == 0)
      try await cancel(order, bench)
      #expect(try await bench.balance() == 100)
      #expect(try await refundFaults(bench) == [])
    }
  }

  @Test func `an order whose coupon comes back waits for its campaign before it is locked`()
    async throws
  {
    try await StockBench.run { bench in
      let coupon = try await bench.issueCoupons(["ann"])[0]
      let order = try await bench.placed(StockBench.Order(lines: [("A", 1, 100)]))
      try await bench.name(coupon, in: [order.id])
      try await bench.charge(100)
      guard case .paid = try await bench.pay([bench.wish(order)])[0] else {
        Issue.record("not paid")
        return
      }
      var failure: (any Error)?
      let undoing = try await bench.pool.transaction { transaction in
        // As facts of coupons and orders do: campaigns first, and then orders.
        _ = try await transaction.query("update spillway.campaigns set issued = issued")
        let undoing = bench.pool.loop.spawn {
          do { try await cancel(order, bench) } catch { failure = error }
        }
        try await bench.untilWaiting(for: "order")
        let locked = try await transaction.query(
          "select from spillway.orders where order_id = $1 for update nowait",
          [.uuid(order.id.uuid)])
        #expect(locked.count == 1)
        return undoing
      }
      await undoing.value
      #expect(failure == nil)
      let status = try await bench.pool.query("select status from spillway.coupons")
      #expect(try status.map { try $0.decode(0, as: String.self) } == ["ISSUED"])
      #expect(try await bench.moneyFaults() == [])
      #expect(try await refundFaults(bench) == [])
    }
  }

  @Test func `pieces of an undone order that were never shipped and not given back are found`()
    async throws
  {
    try await StockBench.run { bench in
      let order = try await paid(bench)
      try await cancel(order, bench)
      #expect(try await refundFaults(bench) == [])
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query("set local session_replication_role = replica")
        _ = try await transaction.query(
          "update spillway.refunds set skus = '{}', quantities = '{}', amounts = '{}'")
      }
      #expect(
        try await refundFaults(bench).contains(
          "what was never shipped is on sale again, or withheld, when its order is undone"))
    }
  }
}

extension StockBench {
  /// Until a statement that names `text` waits for a lock.
  func untilWaiting(for text: String) async throws {
    try await eventually("a wait of \(text)") {
      let rows = try await pool.query(
        """
        select from pg_stat_activity where datname = current_database()
          and wait_event_type = 'Lock' and query like '%' || $1 || '%'
        """, [.text(text)])
      return !rows.isEmpty
    }
  }
}
