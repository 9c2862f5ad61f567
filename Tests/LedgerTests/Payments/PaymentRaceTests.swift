import Domain
import EventLoop
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct PaymentRaceTests {
  /// Runs all at once, each on a connection of its own, and returns what failed.
  private func race(
    _ bench: StockBench, _ bodies: [() async throws -> Void]
  ) async -> [String] {
    var failures: [String] = []
    let racers = bodies.map { body in
      bench.pool.loop.spawn {
        do { try await body() } catch { failures.append("\(error)") }
      }
    }
    for racer in racers { await racer.value }
    return failures
  }

  @Test func `sets over the same wallets and orders in any order never deadlock`() async throws {
    try await StockBench.run { bench in
      var random = SeededGenerator()
      let users = (0..<12).map { "user\($0)" }
      var orders: [StockBench.Order] = []
      for _ in 0..<60 {
        orders.append(
          .init(
            user: users.randomElement(using: &random)!,
            lines: [(Bool.random(using: &random) ? "A" : "B", 1, 100)]))
      }
      orders = try await bench.placed(orders)
      for user in users { try await bench.charge(350, to: user) }
      // Each order comes in several sets, with one key or with another.
      var won: [Identifier: Int] = [:]
      var unexpected: [PaymentDecision] = []
      let sets = (0..<24).map { _ in
        orders.shuffled(using: &random).prefix(20).map { order in
          bench.wish(order, key: order.id.low % 2 == 0 ? order.id.low : .random(in: 1...UInt64.max))
        }
      }
      let failures = await race(
        bench,
        sets.map { set in
          {
            for (wish, decision) in zip(set, try await PaymentStore(pool: bench.pool).pay(set)) {
              switch decision {
              case .paid: won[wish.order, default: 0] += 1
              case .replayed, .notPending(.paid), .short: break
              default: unexpected.append(decision)
              }
            }
          }
        }
          + users.map { user in
            { _ = try await bench.wallets.debit([bench.posting(10, user: user)]) }
          })
      #expect(failures == [], "seed \(random.seed)")
      #expect(unexpected == [] && won.values.allSatisfy { $0 == 1 }, "seed \(random.seed)")
      let paid = try await bench.pool.query("select 1 from spillway.orders where status = 'PAID'")
      #expect(paid.count == won.count && !won.isEmpty)
      #expect(try await bench.moneyFaults() == [], "seed \(random.seed)")
    }
  }

  @Test func `a coupon that comes back while its campaign is recalled cannot be used again`()
    async throws
  {
    try await StockBench.run { bench in
      let coupon = try await bench.issueCoupons(["ann"])[0]
      let order = try await bench.placed(StockBench.Order(lines: [("A", 1, 100)]))
      let next = try await bench.placed(StockBench.Order(lines: [("A", 2, 100)]))
      try await bench.charge(5000)
      try await bench.name(coupon, in: [order.id, next.id])
      guard case .paid = try await bench.pay([bench.wish(order)])[0] else {
        Issue.record("not paid")
        return
      }
      let campaign = try await bench.pool.query("select campaign_id from spillway.campaigns")[0]
        .decode(0, as: PostgresUUID.self)
      var isRecalled = false
      var recall: Task<Void, Never>?
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          Statement(
            unprepared: "select spillway.return_coupon($1, $2, $3, 'ann', $4)"),
          [
            .text(bench.tenant.description), .uuid(order.id.uuid), .uuid(campaign),
            .uuid(coupon.uuid),
          ])
        recall = bench.pool.loop.spawn {
          _ = try? await bench.pool.query(
            "select spillway.recall_campaign($1, $2, 'mia', 'leaked')",
            [.text(bench.tenant.description), .uuid(campaign)])
          isRecalled = true
        }
        try await eventually("the recall waits, or is over") {
          let waiting = try await bench.pool.query(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
          )
          return isRecalled || waiting.count > 0
        }
      }
      await recall?.value
      #expect(isRecalled)
      #expect(try await bench.pay([bench.wish(next)]) == [.couponGone(coupon)])
    }
  }

  @Test func `who waits for a lock until the order's time is over does not pay it any more`()
    async throws
  {
    try await StockBench.run { bench in
      try await bench.charge(1_000)
      let clock = try await bench.pool.query(
        "select (extract(epoch from clock_timestamp()) * 1000)::bigint")
      let now = try clock[0].decode(0, as: Int64.self)
      var order = StockBench.Order(lines: [("A", 1, 100)])
      order.deadline = now + 1_500
      let cursor = try await bench.cursor()
      _ = try await bench.adjust(bench.skus[0], by: 1)
      _ = try await bench.apply(bench.facts([order]), from: cursor, to: cursor + 1)
      let wish = bench.wish(order)
      var late: [PaymentDecision] = []
      var payment: Task<Void, Never>?
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          Statement(
            unprepared: "select from spillway.orders where order_id = $1 for no key update"),
          [.uuid(order.id.uuid)])
        payment = bench.pool.loop.spawn { late = (try? await bench.pay([wish])) ?? [] }
        try await eventually("the payment waits, and the order's time is over") {
          try await bench.pool.query(
            Statement(
              unprepared: """
                select 1 from pg_stat_activity
                 where wait_event_type = 'Lock' and datname = current_database()
                   and clock_timestamp() > to_timestamp($1 / 1000.0)
                """), [.int8(order.deadline)]
          ).count > 0
        }
        let first = try await PaymentStore(transaction: transaction).pay([wish])
        #expect(first == [.expired])
      }
      await payment?.value
      #expect(late == [.expired])
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test(arguments: [["ann", "ben"], ["ann", "ann"]])
  func `who waits for a lock until the coupon is recalled does not use it any more`(
    users: [String]
  ) async throws {
    try await StockBench.run { bench in
      let coupon = try await bench.issueCoupons([users[1]])[0]
      var orders = users.map { StockBench.Order(user: $0, lines: [("A", 1, 100)]) }
      // Orders are locked in the order of their ids.
      let ids = orders.map(\.id).sorted { "\($0)" < "\($1)" }
      for (place, id) in ids.enumerated() { orders[place].id = id }
      orders = try await bench.placed(orders)
      for user in users { try await bench.charge(1_000, to: user) }
      try await bench.name(coupon, in: [orders[1].id])
      let set = orders.map { bench.wish($0) }
      let other = bench.wish(orders[1])
      var late: [PaymentDecision] = []
      var payment: Task<Void, Never>?
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          Statement(
            unprepared: "select from spillway.orders where order_id = $1 for no key update"),
          [.uuid(orders[0].id.uuid)])
        payment = bench.pool.loop.spawn { late = (try? await bench.pay(set)) ?? [] }
        try await eventually("the set waits") {
          try await bench.pool.query(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
          ).count > 0
        }
        let campaign = try await bench.pool.query("select campaign_id from spillway.campaigns")[0]
          .decode(0, as: PostgresUUID.self)
        _ = try await bench.pool.query(
          "select spillway.recall_campaign($1, $2, 'mia', 'leaked')",
          [.text(bench.tenant.description), .uuid(campaign)])
        #expect(try await bench.pay([other]) == [.couponGone(coupon)])
      }
      await payment?.value
      guard case .paid = late.first else {
        Issue.record("not paid: \(late)")
        return
      }
      #expect(late.dropFirst() == [.couponGone(coupon)])
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `one key for two orders at once pays one of them`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed(
        (0..<20).map { _ in StockBench.Order(lines: [("A", 1, 100)]) })
      try await bench.charge(10_000)
      var decisions: [PaymentDecision] = []
      let failures = await race(
        bench,
        orders.map { order in
          {
            decisions += try await bench.pay([
              bench.wish(order, key: 7, fingerprint: order.id.low)
            ])
          }
        })
      #expect(failures == [])
      #expect(decisions.filter { $0 == .keyReused }.count == orders.count - 1)
      #expect(try await bench.balance() == 9900)
      #expect(try await bench.moneyFaults() == [])
    }
  }

  @Test func `payment, cancellation and expiry at once end each order once`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed(
        (0..<40).map { StockBench.Order(user: "user\($0)", lines: [("A", 1, 100)]) })
      for order in orders { try await bench.charge(100, to: order.user) }
      var bodies: [() async throws -> Void] = []
      for order in orders {
        bodies.append { _ = try await bench.pay([bench.wish(order)]) }
        bodies.append {
          _ = try await bench.orders.cancel(order.id, of: bench.tenant, user: nil, reason: "race")
        }
        bodies.append { _ = try await bench.orders.cancelOverdue(limit: 3) }
      }
      #expect(await race(bench, bodies) == [])
      let commits = try await bench.commands(CellCommand.commitOrder)
      let releases = try await bench.commands(CellCommand.releaseOrder)
      #expect(Set(commits + releases) == Set(orders.map(\.id)))
      #expect(commits.count + releases.count == orders.count)
      #expect(try await bench.level(bench.skus[0]).sold == commits.count)
      #expect(try await bench.moneyFaults() == [])
    }
  }
}
