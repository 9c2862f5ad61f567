import Domain
import EventLoop
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct PaymentStoreTests {
  private static func won(_ amount: Int) -> Money { Money(amount: amount, currency: .won) }

  @Test func `a payment takes the money, sells the stock and tells everybody, once`() async throws {
    try await StockBench.run { bench in
      let order = try await bench.placed(StockBench.Order(lines: [("A", 2, 100), ("B", 1, 200)]))
      try await bench.charge(1000)
      let wish = bench.wish(order)
      guard case .paid(let id, let paidAt, let left) = try await bench.pay([wish])[0] else {
        Issue.record("not paid")
        return
      }
      #expect(id == wish.payment && left == Self.won(600))
      #expect(
        try await bench.pay([wish]) == [.replayed(id, paidAt: paidAt, balanceAfter: Self.won(600))])
      #expect(
        try await bench.pay([bench.wish(order, key: wish.idempotency.key.low, fingerprint: 99)])
          == [.keyReused])
      #expect(try await bench.pay([bench.wish(order)]) == [.notPending(.paid)])
      #expect(try await bench.balance() == 600)
      let paid = try #require(try await bench.orders.find(order.id, of: bench.tenant))
      #expect(paid.status == .paid && paid.paidAt == paidAt)
      #expect(
        try await bench.level(bench.skus[0])
          == StockLevel(received: StockBench.quantity, sold: 2))
      #expect(try await bench.commands(CellCommand.commitOrder) == [order.id])
      #expect(try await bench.events() == ["order.paid", "payment.approved"])
      let record = try await bench.payments.find(order: order.id, tenant: bench.tenant)
      #expect(try await bench.count("cell_commands where subjects is not null") == 1)
      #expect(record?.id == id && record?.amount == Self.won(400) && record?.balanceAfter == 600)
      let entry = try await bench.wallets.history(
        of: UserID("ann")!, tenant: bench.tenant, unit: nil, before: nil, limit: 1)[0]
      #expect(entry.kind == .payment && entry.subject == id && entry.amount == -400)
      #expect(entry.reference == WalletReference(type: "order", id: order.id.description))
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `each of a set is decided by itself`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed([
        .init(user: "ann", lines: [("A", 1, 100)]),
        .init(user: "ben", lines: [("A", 1, 100)]),
        .init(user: "cat", lines: [("A", 1, 100)]),
        .init(user: "ann", lines: [("A", 1, 100)], deadline: StockBench.now),
        .init(user: "ann", lines: [("A", 1, 100)]),
      ])
      try await bench.charge(1000)
      try await bench.charge(99, to: "ben")
      _ = try await bench.orders.cancel(
        orders[4].id, of: bench.tenant, user: nil, reason: "changed")
      let wishes = [
        bench.wish(orders[1]), bench.wish(orders[2]), bench.wish(orders[0]),
        bench.wish(orders[0], user: "ben"), bench.wish(.init(lines: [])), bench.wish(orders[3]),
        bench.wish(orders[4]),
      ]
      let decisions = try await bench.pay(wishes)
      #expect(decisions[0] == .short(balance: Self.won(99), needed: Self.won(100)))
      #expect(decisions[1] == .short(balance: Self.won(0), needed: Self.won(100)))
      guard case .paid(_, _, let left) = decisions[2] else {
        Issue.record("\(decisions)")
        return
      }
      #expect(left == Self.won(900))
      #expect(
        Array(decisions[3...]) == [.unknown, .unknown, .expired, .notPending(.cancelled)])
      while try await bench.orders.cancelOverdue(limit: 9) > 0 {}
      #expect(try await bench.pay([bench.wish(orders[3])]) == [.expired])
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `orders of one wallet in a set are paid one behind the other`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed(
        [300, 500, 300, 100, 300].map { .init(lines: [("A", 1, $0)]) })
      try await bench.charge(150, expiresAt: .farAhead)
      try await bench.charge(650)
      let decisions = try await bench.pay(orders.map { bench.wish($0) })
      func left(_ decision: PaymentDecision) -> Int? {
        if case .paid(_, _, let left) = decision { left.amount } else { nil }
      }
      #expect(decisions.map(left) == [500, 0, nil, nil, nil])
      #expect(decisions[2] == .short(balance: Self.won(0), needed: Self.won(300)))
      try await bench.charge(450)
      let again = try await bench.pay(orders[2...].map { bench.wish($0) })
      #expect(again.map(left) == [150, 50, nil])
      #expect(again[2] == .short(balance: Self.won(50), needed: Self.won(300)))
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `the same order and the same key may come twice in a set`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed([
        .init(lines: [("A", 1, 100)]), .init(lines: [("A", 1, 100)]),
      ])
      try await bench.charge(1000)
      let decisions = try await bench.pay([
        bench.wish(orders[0], key: 5), bench.wish(orders[0], key: 5), bench.wish(orders[0], key: 6),
        bench.wish(orders[1], key: 5), bench.wish(orders[1], key: 7),
      ])
      guard case .paid(let id, let paidAt, _) = decisions[0] else {
        Issue.record("\(decisions)")
        return
      }
      guard case .replayed(id, paidAt, _) = decisions[1] else {
        Issue.record("\(decisions)")
        return
      }
      #expect(decisions[2] == .notPending(.paid) && decisions[3] == .keyReused)
      guard case .paid = decisions[4] else {
        Issue.record("\(decisions)")
        return
      }
      #expect(try await bench.balance() == 800)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `a wallet of many small lots pays from all that it needs`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed([300, 90].map { .init(lines: [("A", 1, $0)]) })
      for _ in 0..<40 { try await bench.charge(10, expiresAt: .farAhead) }
      let decisions = try await bench.pay(orders.map { bench.wish($0) })
      guard case .paid(_, _, let first) = decisions[0], case .paid(_, _, let second) = decisions[1]
      else {
        Issue.record("\(decisions)")
        return
      }
      #expect(first == Self.won(100) && second == Self.won(10))
      #expect(try await bench.count("wallet_allocations") == 39)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `a payment whose id is another's is found by the audit`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed(
        (0..<2).map { _ in StockBench.Order(lines: [("A", 1, 100)]) })
      try await bench.charge(1000)
      _ = try await bench.pay(orders.map { bench.wish($0) })
      #expect(try await bench.moneyFaults() == [])
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query("set local session_replication_role = replica")
        _ = try await transaction.query(
          """
          update spillway.payments set payment_id = (select payment_id from spillway.payments
            where order_id = $1) where order_id = $2
          """, [.uuid(orders[0].id.uuid), .uuid(orders[1].id.uuid)])
      }
      #expect(try await bench.moneyFaults().contains { $0.hasPrefix("payments differ") })
    }
  }

  @Test func `an order that costs nothing needs no wallet`() async throws {
    try await StockBench.run { bench in
      let order = try await bench.placed(StockBench.Order(lines: [("A", 1, 0)]))
      guard case .paid(_, _, let left) = try await bench.pay([bench.wish(order)])[0] else {
        Issue.record("not paid")
        return
      }
      #expect(left == Self.won(0))
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `an order that costs nothing takes nothing, behind one that the wallet is short for`()
    async throws
  {
    try await StockBench.run { bench in
      let orders = try await bench.placed([100, 0].map { .init(lines: [("A", 1, $0)]) })
      try await bench.charge(50)
      let decisions = try await bench.pay(orders.map { bench.wish($0) })
      #expect(decisions[0] == .short(balance: Self.won(50), needed: Self.won(100)))
      guard case .paid(_, _, let left) = decisions[1] else {
        Issue.record("not paid: \(decisions[1])")
        return
      }
      #expect(left == Self.won(50))
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `a coupon is used by one order`() async throws {
    try await StockBench.run { bench in
      let coupons = try await bench.issueCoupons(["ann", "ann"])
      let orders = try await bench.placed([
        .init(lines: [("A", 1, 100)]), .init(lines: [("A", 1, 200)]), .init(lines: [("A", 1, 300)]),
      ])
      try await bench.charge(5000)
      try await bench.name(coupons[0], in: [orders[0].id, orders[1].id])
      try await bench.name(coupons[1], in: [orders[2].id])
      let decisions = try await bench.pay([bench.wish(orders[0]), bench.wish(orders[1])])
      guard case .paid = decisions[0], decisions[1] == .couponGone(coupons[0]) else {
        Issue.record("\(decisions)")
        return
      }
      #expect(
        try await bench.events() == ["coupon.used", "order.paid", "payment.approved"])
      _ = try await bench.pool.query(
        "update spillway.coupons set status = 'RECALLED', recalled_at = now() where coupon_id = $1",
        [.uuid(coupons[1].uuid)])
      #expect(try await bench.pay([bench.wish(orders[2])]) == [.couponGone(coupons[1])])
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `what is held or has expired does not pay`() async throws {
    try await StockBench.run { bench in
      let order = try await bench.placed(StockBench.Order(lines: [("A", 1, 100)]))
      try await bench.charge(100, expiresAt: .longAgo)
      try await bench.charge(150)
      let hold = WalletStore.Hold(
        id: .random, user: UserID("ann")!, unit: .currency(.won), amount: 60, reason: "trip",
        actor: "clerk")
      _ = try await bench.wallets.place(hold, tenant: bench.tenant)
      #expect(
        try await bench.pay([bench.wish(order)])
          == [.short(balance: Self.won(90), needed: Self.won(100))])
      _ = try await bench.wallets.release(hold.id, tenant: bench.tenant, by: .init("clerk"))
      guard case .paid = try await bench.pay([bench.wish(order)])[0] else {
        Issue.record("not paid")
        return
      }
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test(arguments: [
    "update spillway.payments set amount = 0", "delete from spillway.payments",
    "truncate spillway.payments",
  ])
  func `payments are never changed`(statement: String) async throws {
    try await StockBench.run { bench in
      let order = try await bench.placed(StockBench.Order(lines: [("A", 1, 100)]))
      try await bench.charge(100)
      _ = try await bench.pay([bench.wish(order)])
      await #expect(throws: PostgresError.self) {
        _ = try await bench.pool.query(Statement(unprepared: statement))
      }
    }
  }
}
