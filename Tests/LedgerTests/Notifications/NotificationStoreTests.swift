import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// What users are told, as the ledger makes it of what it has recorded.
@Suite struct NotificationStoreTests {
  private static let ann = UserID("ann")!

  private static func won(_ amount: Int) -> Money { Money(amount: amount, currency: .won) }

  private func told(
    _ bench: StockBench, _ user: UserID = ann, tenant: TenantID? = nil,
    before cursor: Identifier? = nil, limit: Int = 100
  ) async throws -> [UserNotification] {
    try await NotificationStore(pool: bench.pool).list(
      of: user, tenant: tenant ?? bench.tenant, before: cursor, limit: limit)
  }

  private func pay(_ order: StockBench.Order, _ bench: StockBench) async throws {
    guard case .paid = try await bench.pay([bench.wish(order)])[0] else {
      throw NeverHappened(description: "the payment")
    }
  }

  /// Gives so much of a paid order back, and takes it to a status.
  private func give(
    _ amount: Int, of order: StockBench.Order, _ status: OrderStatus, _ bench: StockBench
  ) async throws {
    try await bench.pool.transaction { transaction in
      let store = OrderDetailStore(transaction: transaction)
      _ = try await store.lock(order.id, of: bench.tenant, user: nil)
      let isAll = status == .cancelled
      let lines = [RefundPlan.Line(sku: bench.skus[0], quantity: 1, amount: amount)]
      try await store.give(
        OrderDetailStore.Refund(
          // Later ones are larger here, and so are their ids.
          id: Identifier(
            at: Instant(milliseconds: StockBench.now + Int64(amount)), counter: 0,
            random: .random(in: 0 ... .max)),
          plan: RefundPlan(amount: amount, lines: isAll ? lines : [], isComplete: isAll),
          status: status, restocks: isAll, returnsCoupon: isAll, reason: "changed",
          actor: bench.user, idempotency: nil), of: order.id, tenant: bench.tenant)
    }
  }

  @Test func `what became of an order, its payment and its coupon is told, newest first`()
    async throws
  {
    try await StockBench.run { bench in
      let coupon = try await bench.issueCoupons(["ann"])[0]
      let order = try await bench.placed(StockBench.Order(lines: [("A", 1, 100)]))
      try await bench.name(coupon, in: [order.id])
      try await bench.charge(150)
      try await pay(order, bench)
      try await bench.pool.transaction { transaction in
        let store = OrderDetailStore(transaction: transaction)
        _ = try await store.lock(order.id, of: bench.tenant, user: nil)
        try await store.fulfil(order.id, of: bench.tenant)
      }
      try await give(30, of: order, .fulfilled, bench)
      let told = try await told(bench)
      let named = NotificationContent.NamedCoupon(id: coupon, name: "ten percent")
      #expect(
        told.map(\.content) == [
          .orderRefunded(order: order.id, amount: Self.won(30)),
          .orderFulfilled(order: order.id),
          .orderPaid(order: order.id, total: Self.won(100)),
          .paymentApproved(order: order.id, amount: Self.won(100), balance: Self.won(50)),
          .couponUsed(named, order: order.id, discount: Self.won(0)),
          .walletCredited(.init(unit: .currency(.won), amount: 150, balance: 150)),
          .couponIssued(named, expiresAt: nil),
        ])
      // An id tells the time, and is the same each time.
      #expect(told.map(\.id.time) == told.map(\.createdAt))
      #expect(told.map(\.id) == told.map(\.id).sorted(by: >))
      #expect(try await self.told(bench) == told)
      #expect(told.map(\.market).prefix(5).allSatisfy { $0 == bench.market })
      #expect(told.map(\.market).suffix(2).allSatisfy { $0 == nil })
      let payment = try await bench.payments.find(order: order.id, tenant: bench.tenant)
      #expect(told[2].createdAt == payment?.paidAt)
    }
  }

  @Test func `an order that ended unpaid or paid tells why, and what went back`() async throws {
    try await StockBench.run { bench in
      let late = try await bench.placed(
        StockBench.Order(lines: [("A", 1, 100)], deadline: StockBench.now))
      #expect(try await bench.orders.cancelOverdue(limit: 10) == 1)
      let unwanted = try await bench.placed(StockBench.Order(lines: [("A", 1, 100)]))
      _ = try await bench.orders.cancel(
        unwanted.id, of: bench.tenant, user: Self.ann, reason: "changed")
      let undone = try await bench.placed(StockBench.Order(lines: [("A", 1, 100)]))
      try await bench.charge(100)
      try await pay(undone, bench)
      try await give(40, of: undone, .paid, bench)
      try await give(60, of: undone, .cancelled, bench)
      let ends = try await told(bench).map(\.content).filter { content in
        [.orderCancelled, .orderRefunded].contains(content.kind)
      }
      #expect(ends.count == 4, "\(ends)")
      let expected: [NotificationContent] = [
        .orderCancelled(order: undone.id, cause: .asked, refunded: Self.won(60)),
        .orderRefunded(order: undone.id, amount: Self.won(40)),
        .orderCancelled(order: unwanted.id, cause: .asked, refunded: nil),
        .orderCancelled(order: late.id, cause: .unpaid, refunded: nil),
      ]
      for end in expected { #expect(ends.contains(end), "\(end) of \(ends)") }
    }
  }

  @Test func `what came into a wallet, went out and expired is told, but for payments`()
    async throws
  {
    try await StockBench.run { bench in
      try await bench.charge(100, expiresAt: .longAgo)
      #expect(try await bench.wallets.expireLots(limit: 10) == 1)
      try await bench.charge(70)
      _ = try await bench.wallets.debit([bench.posting(20)])
      let change = { (amount: Int, balance: Int) in
        NotificationContent.WalletChange(
          unit: .currency(.won), amount: amount, balance: balance)
      }
      #expect(
        try await told(bench).map(\.content) == [
          .walletDebited(change(20, 50)), .walletCredited(change(70, 70)),
          .walletExpired(change(100, 0)), .walletCredited(change(100, 100)),
        ])
    }
  }

  @Test func `a coupon that was taken back is told, and not one that was used`() async throws {
    try await LedgerBench.run { bench in
      _ = try await bench.store.acquire(as: "one", hold: .seconds(60), limit: 10)
      _ = try await bench.apply(
        bench.facts([
          .init(sequence: 1, user: "ann"), .init(sequence: 2, user: "ann", ordinal: 2),
          .init(sequence: 3, user: "ben"),
        ]), from: 0, to: 5)
      let store = NotificationStore(pool: bench.pool)
      func told(_ user: String) async throws -> [NotificationKind] {
        try await store.list(
          of: UserID(user)!, tenant: bench.campaign.tenant, before: nil, limit: 10
        ).map(\.content.kind)
      }
      _ = try await bench.pool.query(
        """
        update spillway.coupons set status = 'USED', used_by_order = coupon_id, used_at = now()
         where sequence = 2
        """)
      try await CouponStore(pool: bench.pool).recall(
        CouponStore.Recall(
          id: .random, campaign: bench.campaign.id, tenant: bench.campaign.tenant,
          target: .user(Self.ann), actor: UserID("mia")!, reason: "leaked"))
      #expect(try await told("ann") == [.couponRecalled, .couponIssued, .couponIssued])
      #expect(try await told("ben") == [.couponIssued])
      _ = try await CampaignStore(pool: bench.pool).recall(
        bench.campaign.id, of: bench.campaign.tenant, by: UserID("mia")!, reason: "leaked")
      #expect(try await told("ann") == [.couponRecalled, .couponIssued, .couponIssued])
      #expect(try await told("ben") == [.couponRecalled, .couponIssued])
    }
  }

  @Test func `pages follow each other without a gap, and nobody is told of others`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed([
        .init(user: "ann", lines: [("A", 1, 100)]), .init(user: "ann", lines: [("B", 1, 100)]),
        .init(user: "ben", lines: [("A", 1, 100)]),
      ])
      try await bench.charge(1_000)
      try await bench.charge(1_000, to: "ben")
      // In one set, so that much has the same time.
      let decisions = try await bench.pay(orders.map { bench.wish($0) })
      #expect(decisions.count == 3)
      let all = try await told(bench)
      #expect(all.count == 5)
      #expect(all.compactMap(\.content.order).allSatisfy { $0 != orders[2].id })
      for limit in 1...5 {
        var pages: [UserNotification] = []
        while true {
          let page = try await told(bench, before: pages.last?.id, limit: limit)
          pages += page
          if page.count < limit { break }
        }
        #expect(pages == all, "in pages of \(limit)")
      }
      let ben = try await told(bench, UserID("ben")!)
      #expect(ben.count == 3 && Set(ben.compactMap(\.content.order)) == [orders[2].id])
      #expect(try await told(bench, UserID("eve")!) == [])
      #expect(try await told(bench, tenant: TenantID("other")!) == [])
    }
  }
}
