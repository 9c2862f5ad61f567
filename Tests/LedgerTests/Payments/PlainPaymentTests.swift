import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Sets that are paid by one statement without locks before, and all ways out of that.
@Suite struct PlainPaymentTests {
  private static let price = 100

  /// What makes a set one that has to be decided under locks.
  enum Spoiler: CaseIterable {
    case orderTwice, keyTwice, keyOfAnEarlierOrder, walletTwice, couponTwice, couponUsed,
      couponRecalled
    case moneyShort, moneyHeld, moneyExpired, orderCancelled, orderPaid, orderOfAnother, orderFree
    case manySmallLots
  }

  private struct Undone: Error {}

  /// Whether the set is paid in one statement. Nothing of it stays.
  private func isPlain(_ wishes: [PaymentStore.Wish], _ bench: StockBench) async throws -> Bool {
    var isPlain = false
    do {
      try await bench.pool.transaction { transaction in
        let rows = try await transaction.query(
          Statement(
            unprepared:
              "select spillway.pay_plainly($1, $2, $3, $4, $5, $6) is not null"),
          [
            .array(wishes.map(\.tenant.description)), .array(wishes.map(\.order.uuid)),
            .array(wishes.map(\.user.description)), .array(wishes.map(\.payment.uuid)),
            .array(wishes.map(\.idempotency.key.uuid)),
            .array(wishes.map(\.idempotency.fingerprint.uuid)),
          ])
        isPlain = try rows[0].decode(0)
        throw Undone()
      }
    } catch is Undone {
    } catch let error as PostgresError
      where error.isUniqueViolation || ["SW001", "SW002"].contains(error.sqlState)
    {
    }
    return isPlain
  }

  private func isPaid(_ decision: PaymentDecision) -> Bool {
    if case .paid = decision { true } else { false }
  }

  @Test func `a set with coupons, several lots and several goods is paid in one statement`()
    async throws
  {
    try await StockBench.run { bench in
      let users = ["ann", "ben", "cat"]
      let orders = try await bench.placed(
        users.enumerated().map { index, user in
          .init(user: user, lines: [("A", 1, 100), ("B", index + 1, 50)])
        })
      for (index, user) in users.enumerated() {
        for _ in 0...index * 3 { try await bench.charge(500 / (index * 3 + 1) + 1, to: user) }
      }
      let coupon = try await bench.issueCoupons(["ben"])[0]
      try await bench.name(coupon, in: [orders[1].id])
      let wishes = orders.map { bench.wish($0) }
      #expect(try await isPlain(wishes, bench))
      #expect(try await bench.balance() == 501)
      #expect(try await bench.events() == [])
      let decisions = try await bench.pay(wishes)
      #expect(decisions.allSatisfy { isPaid($0) }, "\(decisions)")
      #expect(try await bench.level(bench.skus[1]).sold == 6)
      #expect(try await bench.events().filter { $0 == "coupon.used" }.count == 1)
      #expect(try await bench.count("wallet_allocations") > 3)
      #expect(try await bench.pay(wishes).count == 3)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test(arguments: Spoiler.allCases)
  func `a set that is not plain is decided under locks`(spoiler: Spoiler) async throws {
    try await StockBench.run { bench in
      let plain = try await bench.placed(
        ["pat", "pia", "pim"].map { .init(user: $0, lines: [("A", 1, Self.price)]) })
      for order in plain { try await bench.charge(Self.price, to: order.user) }
      let wishes = plain.map { bench.wish($0) }
      #expect(try await isPlain(wishes, bench))
      let (spoiled, isExpected) = try await spoil(spoiler, wishes, bench)
      let set = Array(wishes[..<2]) + spoiled + [wishes[2]]
      #expect(try await isPlain(set, bench) == false)
      let decisions = try await bench.pay(set)
      for place in [0, 1, set.count - 1] {
        #expect(isPaid(decisions[place]), "\(spoiler): \(decisions)")
      }
      #expect(isExpected(Array(decisions[2..<set.count - 1])), "\(spoiler): \(decisions)")
      #expect(try await bench.moneyFaults() == [], "\(spoiler)")
    }
  }

  /// What to put into a set, and what is to become of it.
  private func spoil(
    _ spoiler: Spoiler, _ wishes: [PaymentStore.Wish], _ bench: StockBench
  ) async throws -> ([PaymentStore.Wish], ([PaymentDecision]) -> Bool) {
    let orders = try await bench.placed(
      (0..<2).map { _ in StockBench.Order(lines: [("A", 1, spoiler == .orderFree ? 0 : Self.price)])
      })
    let funded = Money(amount: 1000, currency: .won)
    switch spoiler {
    case .moneyShort: try await bench.charge(99)
    case .moneyExpired: try await bench.charge(1000, expiresAt: .longAgo)
    case .manySmallLots: for _ in 0..<40 { try await bench.charge(3, expiresAt: .farAhead) }
    case .orderFree: break
    default: try await bench.charge(funded.amount)
    }
    let wish = bench.wish(orders[0])
    let paidFirst: ([PaymentDecision]) -> Bool = { [self] in isPaid($0[0]) }
    switch spoiler {
    case .orderTwice:
      return ([wish, bench.wish(orders[0])], { paidFirst($0) && $0[1] == .notPending(.paid) })
    case .keyTwice:
      let twin = bench.wish(orders[1], key: wish.idempotency.key.low)
      return ([wish, twin], { paidFirst($0) && $0[1] == .keyReused })
    case .keyOfAnEarlierOrder:
      _ = try await bench.pay([wish])
      return (
        [bench.wish(orders[1], key: wish.idempotency.key.low)], { $0 == [.keyReused] }
      )
    case .walletTwice:
      return ([wish, bench.wish(orders[1])], { [self] in $0.allSatisfy { isPaid($0) } })
    case .couponTwice, .couponUsed, .couponRecalled:
      let coupon = try await bench.issueCoupons(["ann"])[0]
      try await bench.name(coupon, in: orders.map(\.id))
      if spoiler == .couponTwice {
        return ([wish, bench.wish(orders[1])], { paidFirst($0) && $0[1] == .couponGone(coupon) })
      }
      if spoiler == .couponUsed { _ = try await bench.pay([wish]) }
      if spoiler == .couponRecalled {
        _ = try await bench.pool.query(
          """
          update spillway.campaigns
             set recalled_at = now(), recalled_by = 'mia', recall_reason = 'leaked'
          """)
      }
      return ([bench.wish(orders[1])], { $0 == [.couponGone(coupon)] })
    case .moneyShort, .moneyExpired:
      let left = Money(amount: spoiler == .moneyShort ? 99 : 0, currency: .won)
      let needed = Money(amount: Self.price, currency: .won)
      return ([wish], { $0 == [.short(balance: left, needed: needed)] })
    case .moneyHeld:
      _ = try await bench.wallets.place(
        WalletStore.Hold(
          id: .random, user: UserID("ann")!, unit: .currency(.won), amount: 901, reason: "trip",
          actor: "clerk"), tenant: bench.tenant)
      let left = Money(amount: 99, currency: .won)
      return (
        [wish], { $0 == [.short(balance: left, needed: Money(amount: Self.price, currency: .won))] }
      )
    case .orderCancelled:
      _ = try await bench.orders.cancel(
        orders[0].id, of: bench.tenant, user: nil, reason: "changed")
      return ([wish], { $0 == [.notPending(.cancelled)] })
    case .orderPaid:
      _ = try await bench.pay([wish])
      return ([wish], { if case .replayed = $0[0] { true } else { false } })
    case .orderOfAnother:
      return ([bench.wish(orders[0], user: "ben")], { $0 == [.unknown] })
    case .orderFree, .manySmallLots:
      return ([wish], paidFirst)
    }
  }

  /// Pays the set while somebody else has changed a row of it and has not committed yet.
  private func pay(
    _ wishes: [PaymentStore.Wish], while change: (PostgresTransaction) async throws -> Void,
    _ bench: StockBench, meanwhile: () async throws -> Void = {}
  ) async throws -> [PaymentDecision] {
    var decisions: [PaymentDecision] = []
    var payment: Task<Void, Never>?
    try await bench.pool.transaction { transaction in
      try await change(transaction)
      payment = bench.pool.loop.spawn {
        do { decisions = try await bench.pay(wishes) } catch { Issue.record(error) }
      }
      try await eventually("the payment waits") {
        try await bench.pool.query(
          """
          select 1 from pg_stat_activity
           where wait_event_type = 'Lock' and datname = current_database()
          """
        ).count > 0
      }
      try await meanwhile()
    }
    await payment?.value
    return decisions
  }

  @Test func `what a payment that waited brings is not recorded before what others brought`()
    async throws
  {
    try await StockBench.run { bench in
      // All of the revenue goes to one row.
      _ = try await bench.pool.query(
        """
        create or replace function spillway.wallet_shards() returns integer language sql immutable
          as 'select 1'
        """)
      let orders = try await bench.placed(
        ["ann", "ben"].map { .init(user: $0, lines: [("A", 1, Self.price)]) })
      for user in ["ann", "ben"] { try await bench.charge(150, to: user) }
      let late = try await pay(
        [bench.wish(orders[0])],
        while: { transaction in
          _ = try await transaction.query(
            "select 1 from spillway.wallet_accounts where owner = 'ann' for no key update")
        }, bench
      ) {
        let early = try await bench.pay([bench.wish(orders[1])])
        #expect(early.allSatisfy { isPaid($0) }, "\(early)")
      }
      #expect(late.count == 1 && late.allSatisfy { isPaid($0) }, "\(late)")
      let falls = try await bench.pool.query(
        """
        select 1 from (
          select e.recorded_at < lag(e.recorded_at) over (
              partition by e.account_id order by e.entry_id) as falls
            from spillway.wallet_entries e) f
         where falls
        """)
      #expect(falls.isEmpty)
    }
  }

  @Test func `a wallet that changes while its payment waits pays from what it has then`()
    async throws
  {
    try await StockBench.run { bench in
      let orders = try await bench.placed(
        ["ann", "ben"].map { .init(user: $0, lines: [("A", 1, Self.price)]) })
      for user in ["ann", "ben"] { try await bench.charge(150, to: user) }
      // Another lot, which is to be spent first.
      let early = try await pay(
        [bench.wish(orders[0])],
        while: { transaction in
          _ = try await WalletStore(transaction: transaction).credit([
            bench.posting(30, expiresAt: .farAhead)
          ])
        }, bench)
      #expect(early.count == 1 && early.allSatisfy { isPaid($0) }, "\(early)")
      let drawn = try await bench.pool.query(
        "select amount from spillway.wallet_allocations where amount > 0 order by amount"
      ).map { row throws(PostgresError) in try row.decode(0, as: Int.self) }
      #expect(drawn == [30, 70])
      let late = try await pay(
        [bench.wish(orders[1])],
        while: { transaction in
          _ = try await WalletStore(transaction: transaction).debit([bench.posting(51, user: "ben")]
          )
        }, bench)
      #expect(
        late == [
          .short(
            balance: Money(amount: 99, currency: .won),
            needed: Money(amount: Self.price, currency: .won))
        ])
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `an order that is cancelled while its payment waits is not paid`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed(
        ["ann", "ben"].map { .init(user: $0, lines: [("A", 1, Self.price)]) })
      for user in ["ann", "ben"] { try await bench.charge(Self.price, to: user) }
      let decisions = try await pay(
        orders.map { bench.wish($0) },
        while: { transaction in
          _ = try await bench.orders.cancel(
            orders[1].id, of: bench.tenant, user: nil, reason: "changed", in: transaction)
        }, bench)
      #expect(decisions.count == 2 && isPaid(decisions[0]), "\(decisions)")
      #expect(decisions.last == .notPending(.cancelled))
      #expect(try await bench.balance(of: "ben") == Self.price)
      #expect(try await bench.moneyFaults() == [])
    }
  }
}
