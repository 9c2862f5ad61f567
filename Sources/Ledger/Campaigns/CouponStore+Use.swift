public import Domain
public import Postgres

extension CouponStore {
  /// A coupon with the campaign that it came from.
  public struct Held: Sendable, Equatable {
    public let coupon: HeldCoupon
    public let campaign: Campaign
  }

  /// How far a campaign's times, by the ledger's clock, and a coupon's, by its cell's, may be apart.
  private static let slack = "interval '1 hour'"

  // An id of a coupon begins with the instant of its issue, so only the campaigns that lived then are
  // looked at: an index of its own for a look-up this rare would cost every claim.
  private static let livedThen = """
    tenant_id = $1 and created_at <= $2 + \(slack)
      and greatest(closes_at, updated_at) >= $2 - \(slack)
    """

  private static let findHeldStatement = Statement(
    "coupon_find_held",
    """
    select c.*, k.issued_at as coupon_issued_at, k.status as coupon_status
      from (select \(CampaignStore.columns) from spillway.campaigns where \(livedThen)) c
      join spillway.coupons k on k.campaign_id = c.campaign_id and k.user_id = $3
        and k.tenant_id = c.tenant_id
     where k.coupon_id = $4
    """)

  private static let sourcesStatement = Statement(
    "coupon_sources",
    """
    select campaign_id, cell from spillway.campaigns where \(livedThen)
     order by campaign_id desc limit $3
    """)

  /// A user's coupon; nil when the ledger does not have it, or it is somebody else's.
  public func find(
    _ id: Identifier, of tenant: TenantID, user: UserID
  ) async throws(PostgresError) -> Held? {
    guard let issuedAt = id.time else { return nil }
    let rows = try await pool.query(
      Self.findHeldStatement,
      [
        .text(tenant.description), .timestamptz(issuedAt.timestamp), .text(user.description),
        .uuid(id.uuid),
      ])
    guard !rows.isEmpty else { return nil }
    let campaign = try CampaignStore.record(rows[0]).campaign
    return Held(
      coupon: HeldCoupon(
        id: id, campaign: campaign.id, issuedAt: try rows[0].instant("coupon_issued_at"),
        status: try rows[0].choice("coupon_status")),
      campaign: campaign)
  }

  /// A campaign that a coupon may have come from, and the cell that issued it.
  public struct Source: Sendable, Equatable {
    public let campaign: Identifier
    public let cell: CellName
  }

  /// Campaigns that a coupon of this id may have come from, the newest first.
  public func sources(
    of id: Identifier, tenant: TenantID, limit: Int
  ) async throws(PostgresError) -> [Source] {
    guard let issuedAt = id.time else { return [] }
    let rows = try await pool.query(
      Self.sourcesStatement,
      [.text(tenant.description), .timestamptz(issuedAt.timestamp), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in
      Source(campaign: try row.identifier("campaign_id"), cell: try row.cell("cell"))
    }
  }
}
