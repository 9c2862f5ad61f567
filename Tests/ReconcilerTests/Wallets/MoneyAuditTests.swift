import Domain
import Ledger
import Postgres
import TestSupport
import Testing

@testable import Reconciler

@Suite struct MoneyAuditTests {
  /// A paid order, a pending one and a charged wallet, then `harm` by somebody who owns the database, then
  /// the names of the invariants that an audit finds breached.
  private func breaches(after harm: String) async throws -> Set<String> {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 20)])
      try await shop.untilSellable("A")
      let orders = try await shop.surelyOrder([
        .init(user: "ann", lines: [("A", 2)]), .init(user: "ben", lines: [("A", 1)]),
      ])
      try #require(orders.count == 2)
      try await shop.untilSettled()
      let paid = try await shop.orders.markPaid([orders[0].id], of: bench.tenant)
      #expect(paid == [orders[0].id])
      _ = try await WalletStore(pool: bench.pool).credit([
        WalletPosting(
          id: Identifier(high: 0x7000, low: 1), tenant: bench.tenant, user: UserID("ann")!,
          unit: .currency(.won), amount: 70, expiresAt: Instant(seconds: 9_000_000_000),
          counterparty: .funding, reason: "gift", actor: "clerk")
      ])
      try await shop.untilSettled()
      await bench.stop(daemon)
      #expect(try await shop.breaches() == [])
      try await bench.pool.transaction { transaction in
        // What guards the tables against everybody else.
        _ = try await transaction.query("set local session_replication_role = replica")
        _ = try await transaction.query(Statement(unprepared: harm))
      }
      return Set(try await shop.breaches().map(\.name))
    }
  }

  @Test func `an entry without its other side is found`() async throws {
    let found = try await breaches(
      after: "delete from spillway.wallet_entries where amount = -70")
    #expect(
      found.isSuperset(of: [
        "the entries of each transaction add up to zero in each unit",
        "each wallet has what its entries say",
      ]))
  }

  @Test func `a balance that nobody posted is found`() async throws {
    let found = try await breaches(
      after: "update spillway.wallet_accounts set balance = balance + 1 where owner = 'ann'")
    #expect(
      found == [
        "each wallet has what its entries say", "each wallet has what is left of its lots",
      ])
  }

  @Test func `a lot that has more than was not drawn is found`() async throws {
    let found = try await breaches(
      after: "update spillway.wallet_lots set remaining = remaining - 1 where amount = 70")
    #expect(
      found == [
        "each wallet has what is left of its lots",
        "what is left of a lot is what was not drawn",
      ])
  }

  @Test func `a wallet that looks too late for what expires is found`() async throws {
    let found = try await breaches(
      after: "update spillway.wallet_accounts set next_expiry = 'infinity'")
    #expect(found == ["no lot expires before its wallet looks"])
  }

  @Test func `money that no hold set aside is found`() async throws {
    let found = try await breaches(
      after: "update spillway.wallet_accounts set held = 1 where owner = 'ann'")
    #expect(found == ["each wallet has set aside what its holds say"])
  }

  @Test func `a payment of another amount than its order is found`() async throws {
    let found = try await breaches(after: "update spillway.payments set amount = amount + 1")
    #expect(
      found == [
        "a payment is what its order came to", "a payment is what its wallet gave",
        "what is left of a lot is what was not drawn",
      ])
  }

  @Test(arguments: [
    ("update spillway.payments set discount = 777", "a payment is what its order came to"),
    (
      "update spillway.payments set coupon_id = order_id", "a payment is what its order came to"
    ),
    (
      "update spillway.payments set account_id = account_id + 1",
      "what is drawn for a wallet is drawn on its lots"
    ),
    (
      """
      update spillway.wallet_entries set recorded_at = recorded_at - interval '1 hour'
       where entry_id = (select max(e.entry_id) from spillway.wallet_entries e
         join spillway.wallet_accounts a using (account_id) where a.owner = 'ann')
      """, "no entry is recorded before the one ahead of it"
    ),
    (
      "update spillway.wallet_transactions set balance_after = balance_after + 1 where balance_after = 70",
      "a repeat is told what its posting left"
    ),
    (
      "delete from spillway.outbox_events where kind = 'payment.approved'",
      "every payment is told to others"
    ),
    (
      """
      update spillway.wallet_transactions set kind = 'expiry' where transaction_id in (
        select transaction_id from spillway.wallet_allocations)
      """, "only what has expired is taken out"
    ),
    (
      """
      insert into spillway.wallet_holds (tenant_id, hold_id, account_id, amount, captured, state, reason,
        actor, created_at, settled_at)
      select tenant_id, spillway.new_id(), account_id, 5, 5, 'CAPTURED', 'trip', 'clerk', now(), now()
        from spillway.wallet_accounts where owner = 'ann'
      """, "what was captured of a hold is what its wallet gave"
    ),
    (
      """
      insert into spillway.wallet_holds (tenant_id, hold_id, account_id, amount, reason, actor, created_at)
      select tenant_id, spillway.new_id(), account_id, 5, 'trip', 'clerk', now()
        from spillway.wallet_accounts where owner = 'ann'
      """, "each wallet has set aside what its holds say"
    ),
    (
      "update spillway.wallet_transactions set kind = 'capture' where kind = 'credit'",
      "every capture has its hold"
    ),
  ])
  func `what somebody changed is found`(harm: String, invariant: String) async throws {
    #expect(try await breaches(after: harm).contains(invariant))
  }

  @Test func `a paid order without a payment is found`() async throws {
    let found = try await breaches(after: "delete from spillway.payments")
    #expect(
      found == [
        "every paid order has its payment", "what is left of a lot is what was not drawn",
      ])
  }

  @Test func `a coupon that was used without a payment is found`() async throws {
    let found = try await breaches(
      after: """
        with campaign as (
          insert into spillway.campaigns (tenant_id, campaign_id, cell, name, quantity,
            per_user_limit, opens_at, closes_at, discount, eligibility, acknowledge, issued,
            created_by)
          select o.tenant_id, o.order_id, o.cell, 'x', 1, 1, now(), now() + interval '1 day',
            '{"type": "amount", "value": 100, "currency": "KRW"}',
            '{}', 'hot', 0, 'clerk' from spillway.orders o limit 1
          returning tenant_id, campaign_id
        )
        insert into spillway.coupons (tenant_id, campaign_id, sequence, user_id, ordinal, coupon_id,
          issued_at, status, used_by_order, used_at)
        select tenant_id, campaign_id, 1, 'ann', 1, campaign_id, now(), 'USED', campaign_id, now()
          from campaign
        """)
    #expect(
      found.isSuperset(of: [
        "a coupon is used by the payment that names it",
        "no campaign has more coupons used than issued",
      ]))
  }
}
