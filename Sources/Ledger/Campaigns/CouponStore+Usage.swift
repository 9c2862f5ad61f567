public import Domain
public import Postgres

extension CouponStore {
  /// What became of a campaign's coupons.
  public struct Usage: Sendable, Equatable {
    public let issued: Int
    public let used: Int
    public let recalled: Int
    /// What was taken off with them when orders were paid, by currency.
    public let discounts: [Money]
  }

  private static let countStatement = Statement(
    "coupon_usage",
    """
    select count(*) as issued, count(*) filter (where status = 'USED') as used,
        count(*) filter (where status = 'RECALLED') as recalled
      from (select \(status) as status from \(source)
             where k.campaign_id = $2 and k.tenant_id = $1) k
    """)

  private static let discountStatement = Statement(
    "coupon_discounts",
    """
    select p.currency, sum(p.discount)::bigint as discount
      from spillway.coupons k
      join spillway.payments p on p.order_id = k.used_by_order and p.tenant_id = k.tenant_id
     where k.campaign_id = $2 and k.tenant_id = $1 and k.status = 'USED'
     group by p.currency order by p.currency
    """)

  /// What became of a campaign's coupons. Those of the last moment follow.
  public func usage(
    of campaign: Identifier, tenant: TenantID
  ) async throws(PostgresError) -> Usage {
    let values: [PostgresValue] = [.text(tenant.description), .uuid(campaign.uuid)]
    let counts = try await pool.query(Self.countStatement, values)[0]
    let sums = try await pool.query(Self.discountStatement, values)
    return Usage(
      issued: try counts.decode("issued"), used: try counts.decode("used"),
      recalled: try counts.decode("recalled"),
      discounts: try sums.map { row throws(PostgresError) in
        Money(amount: try row.decode("discount"), currency: try row.choice("currency"))
      })
  }
}
