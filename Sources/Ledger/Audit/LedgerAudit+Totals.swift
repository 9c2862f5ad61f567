public import Domain
public import Postgres

extension LedgerAudit {
  /// Orders looked at in one step.
  public static let totalsPage = 5_000

  // What has the word of no terms is checked here, the rest by whoever can read terms.
  private static let plainStatement = Statement(
    unprepared: """
      select count(*) from spillway.orders where terms = '-'
        and (discount <> 0 or tax <> 0 or shipping <> 0 or coupon_id is not null
          or campaign_id is not null)
      """)

  private static let pricedStatement = Statement(
    "audit_priced_orders",
    """
    select \(OrderRecord.columns) from spillway.orders o
     where (tenant_id, order_id) > ($1, $2) and terms <> '-' order by tenant_id, order_id limit $3
    """)

  /// Orders that come to something else than their lines and their terms say, and orders with terms.
  public func mispricedOrders() async throws(PostgresError) -> (wrong: Int, priced: Int) {
    let plain = try await pool.query(Self.plainStatement, [], timeout: Self.timeout)
    var wrong = try plain[0].decode(0, as: Int.self)
    var priced = 0
    var last: (tenant: String, order: Identifier) = ("", Identifier(high: 0, low: 0))
    while true {
      let rows = try await pool.query(
        Self.pricedStatement,
        [.text(last.tenant), .uuid(last.order.uuid), .int8(Int64(Self.totalsPage))],
        timeout: Self.timeout)
      for row in rows {
        let order = try OrderRecord(row)
        if !order.hasRightTotals { wrong += 1 }
        last = (order.tenant.description, order.id)
      }
      priced += rows.count
      if rows.count < Self.totalsPage { return (wrong, priced) }
    }
  }
}

extension OrderRecord {
  /// Whether the order comes to what its lines and its terms say.
  var hasRightTotals: Bool {
    guard
      let totals = OrderTotals(lines.map(PricedLine.init), currency: currency, terms: terms)
    else { return false }
    return totals.subtotal == subtotal && totals.discount == discount && totals.tax == tax
      && totals.shipping == shipping && totals.total == total && coupon == terms.coupon?.coupon
      && campaign == terms.coupon?.campaign
  }
}
