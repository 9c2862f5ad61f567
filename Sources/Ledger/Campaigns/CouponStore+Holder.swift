public import Domain
public import Postgres

extension CouponStore {
  // Each campaign's coupons of a user are together in an index; a tenant has few campaigns.
  private static let holderStatement = Statement(
    "coupon_of_holder",
    """
    select \(heldColumns)
      from (select \(CampaignStore.columns) from spillway.campaigns where tenant_id = $1) c
      join spillway.coupons k on k.campaign_id = c.campaign_id and k.user_id = $2
        and k.tenant_id = c.tenant_id
     where k.coupon_id < $3 order by k.coupon_id desc limit $4
    """)

  /// A user's coupons, the newest first, before the coupon `cursor`.
  public func list(
    of user: UserID, tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(PostgresError) -> [Held] {
    let rows = try await pool.query(
      Self.holderStatement,
      [
        .text(tenant.description), .text(user.description), .uuid((cursor ?? .last).uuid),
        .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in try Self.held(row) }
  }
}
