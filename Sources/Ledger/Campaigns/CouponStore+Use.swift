public import Domain
public import Postgres

extension CouponStore {
  /// A coupon with the campaign that it came from.
  public struct Held: Sendable, Equatable {
    public let coupon: HeldCoupon
    public let campaign: Campaign
    public let history: History
  }

  /// A coupon `k` beside all columns of its campaign `c`.
  static let heldColumns = """
    c.*, k.coupon_id, k.issued_at as coupon_issued_at, \(status) as coupon_status, \(historyColumns)
    """

  static func held(_ row: PostgresRow) throws(PostgresError) -> Held {
    let campaign = try CampaignStore.record(row).campaign
    return Held(
      coupon: HeldCoupon(
        id: try row.identifier("coupon_id"), campaign: campaign.id,
        issuedAt: try row.instant("coupon_issued_at"), status: try row.choice("coupon_status")),
      campaign: campaign, history: try history(row))
  }

  /// How far a campaign's times, by the ledger's clock, and a coupon's, by its cell's, may be apart.
  private static let slack = "interval '1 hour'"

  // An id of a coupon begins with the instant of its issue, so only the campaigns that lived then are
  // looked at; which of them it is of, and its place among theirs, the id tells. An index by id would have
  // to be written by every claim.
  private static let sourcesStatement = Statement(
    "coupon_sources",
    """
    select campaign_id, cell from spillway.campaigns
     where tenant_id = $1 and created_at <= $2 + \(slack)
       and greatest(closes_at, updated_at) >= $2 - \(slack)
    """)

  /// The campaign that a coupon may have come from, and the cell that issued it.
  public struct Source: Sendable, Equatable {
    public let campaign: Identifier
    public let cell: CellName
    /// The coupon's place among its campaign's.
    let sequence: Int
  }

  /// Where a coupon of this id may have come from: hardly ever more than one place, mostly none for an id
  /// that is no coupon's.
  public func sources(
    of id: Identifier, tenant: TenantID
  ) async throws(PostgresError) -> [Source] {
    guard let issuedAt = id.time else { return [] }
    let rows = try await pool.query(
      Self.sourcesStatement, [.text(tenant.description), .timestamptz(issuedAt.timestamp)])
    var sources: [Source] = []
    for row in rows {
      let campaign = try row.identifier("campaign_id")
      if let sequence = CouponIdentity.sequence(of: id, campaign: campaign) {
        sources.append(Source(campaign: campaign, cell: try row.cell("cell"), sequence: sequence))
      }
    }
    return sources
  }

  private static let findHeldStatement = Statement(
    "coupon_find_held",
    """
    select \(heldColumns)
      from (select \(CampaignStore.columns) from spillway.campaigns
             where tenant_id = $1 and campaign_id = $2) c
      join spillway.coupons k on k.campaign_id = c.campaign_id and k.tenant_id = c.tenant_id
     where k.sequence = $3 and k.user_id = $4 and k.coupon_id = $5
    """)

  /// A user's coupon; nil when the ledger does not have it, or it is somebody else's.
  public func find(
    _ id: Identifier, of tenant: TenantID, user: UserID
  ) async throws(PostgresError) -> Held? {
    for source in try await sources(of: id, tenant: tenant) {
      let rows = try await pool.query(
        Self.findHeldStatement,
        [
          .text(tenant.description), .uuid(source.campaign.uuid), .int8(Int64(source.sequence)),
          .text(user.description), .uuid(id.uuid),
        ])
      if let row = rows.first { return try Self.held(row) }
    }
    return nil
  }
}
