import Domain
import Postgres

@testable import Ledger

extension StockBench {
  /// Puts orders into the ledger that may be paid for long, with stock for them.
  func placed(_ orders: [Order]) async throws -> [Order] {
    let orders = orders.map { order in
      var order = order
      if order.deadline != StockBench.now { order.deadline = Instant.farAhead.milliseconds }
      return order
    }
    var wanted: [String: Int] = [:]
    for line in orders.flatMap(\.lines) { wanted[line.sku, default: 0] += line.quantity }
    for (sku, quantity) in wanted {
      let free = try await level(SKU(sku)!).available
      if free < quantity { _ = try await adjust(SKU(sku)!, by: quantity - free) }
    }
    let cursor = try await cursor()
    _ = try await apply(facts(orders), from: cursor, to: cursor + 1)
    return orders
  }

  func placed(_ order: Order) async throws -> Order { try await placed([order])[0] }

  func wish(
    _ order: Order, user: String? = nil, key: UInt64 = .random(in: 1000...UInt64.max),
    fingerprint: UInt64 = 1
  ) -> PaymentStore.Wish {
    PaymentStore.Wish(
      tenant: tenant, order: order.id, user: UserID(user ?? order.user)!, payment: .random,
      idempotency: RequestIdempotency(
        key: RequestDigest(high: 1, low: key), fingerprint: RequestDigest(high: 2, low: fingerprint)
      ))
  }

  func pay(_ wishes: [PaymentStore.Wish]) async throws -> [PaymentDecision] {
    try await payments.pay(wishes)
  }

  /// The kinds of the events that wait to be sent, those about stock left out.
  func events() async throws -> [String] {
    try await pool.query(
      """
      select kind from spillway.outbox_events, unnest(coalesce(subjects, array[subject]))
       where kind <> 'stock.changed' order by kind
      """
    ).map { row throws(PostgresError) in try row.decode(0) }
  }

  /// Coupons of a new campaign for the users, in their order.
  func issueCoupons(_ users: [String]) async throws -> [Identifier] {
    let campaign = Identifier.random
    _ = try await pool.query(
      """
      insert into spillway.campaigns (tenant_id, campaign_id, cell, name, quantity, per_user_limit,
        opens_at, closes_at, discount, eligibility, acknowledge, issued, created_by)
      values ($1, $2, $3, 'ten percent', 100, 100, now(), now() + interval '1 day', '{}', '{}', 'hot',
        $4, 'clerk')
      """,
      [
        .text(tenant.description), .uuid(campaign.uuid), .text(cell.text),
        .int8(Int64(users.count)),
      ])
    let coupons = users.map { _ in Identifier.random }
    _ = try await pool.query(
      """
      insert into spillway.coupons (tenant_id, campaign_id, sequence, user_id, ordinal, coupon_id,
        issued_at)
      select $1, $2, n, holder, n, coupon, now()
        from unnest($3::text[], $4::uuid[]) with ordinality f (holder, coupon, n)
      """,
      [
        .text(tenant.description), .uuid(campaign.uuid), .array(users),
        .array(coupons.map(\.uuid)),
      ])
    return coupons
  }

  /// Has orders name a coupon.
  func name(_ coupon: Identifier, in orders: [Identifier]) async throws {
    _ = try await pool.query(
      """
      update spillway.orders o set coupon_id = c.coupon_id, campaign_id = c.campaign_id
        from spillway.coupons c where c.coupon_id = $1 and o.order_id = any($2)
      """, [.uuid(coupon.uuid), .array(orders.map(\.uuid))])
  }
}
