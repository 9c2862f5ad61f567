public import Domain
public import Postgres

/// Coupons as the ledger holds them.
public struct CouponStore {
  let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// One issued coupon.
  public struct Record: Sendable, Equatable {
    public let coupon: Identifier
    public let sequence: Int
    public let user: String
    public let ordinal: Int
    public let issuedAt: Instant
    public let status: CouponStatus
    /// Taken back by itself: also true of one that was used before, and will not come back.
    public let isTakenBack: Bool
    public let history: History
  }

  static let columns = """
    k.coupon_id, k.sequence, k.user_id, k.ordinal::bigint as ordinal, k.issued_at, \
    \(status) as status, k.recall_id is not null as taken_back, \(historyColumns)
    """

  /// What became of a coupon `k` of the campaign `c`: one that was not used falls with its campaign.
  static let status = """
    case when k.status = 'ISSUED' and c.recalled_at is not null then 'RECALLED' else k.status end
    """

  /// Coupons `k` with their campaigns `c`.
  static let source = """
    spillway.coupons k join spillway.campaigns c \
    on c.tenant_id = k.tenant_id and c.campaign_id = k.campaign_id
    """

  private static let listStatement = Statement(
    "coupon_list",
    """
    select \(columns) from \(source)
    where k.tenant_id = $1 and k.campaign_id = $2 and k.sequence > $3 order by k.sequence limit $4
    """)

  // Follows the campaign's coupons as the list of all does, and passes over the others.
  private static let listOfStatusStatement = Statement(
    "coupon_list_of_status",
    """
    select \(columns) from \(source)
    where k.tenant_id = $1 and k.campaign_id = $2 and k.sequence > $3 and (\(status)) = $5
    order by k.sequence limit $4
    """)

  /// A campaign's coupons in the order of issue, behind sequence `after`; those of `status` alone, if one
  /// is given.
  public func list(
    campaign: Identifier, of tenant: TenantID, status: CouponStatus? = nil, after: Int, limit: Int
  ) async throws(PostgresError) -> [Record] {
    var values: [PostgresValue] = [
      .text(tenant.description), .uuid(campaign.uuid), .int8(Int64(after)), .int8(Int64(limit)),
    ]
    if let status { values.append(.text(status.rawValue)) }
    let rows = try await pool.query(
      status == nil ? Self.listStatement : Self.listOfStatusStatement, values)
    return try rows.map { row throws(PostgresError) in try Self.record(row) }
  }

  static func record(_ row: PostgresRow) throws(PostgresError) -> Record {
    Record(
      coupon: try row.identifier("coupon_id"), sequence: try row.decode("sequence"),
      user: try row.decode("user_id"), ordinal: try row.decode("ordinal"),
      issuedAt: try row.instant("issued_at"), status: try row.choice("status"),
      isTakenBack: try row.decode("taken_back"), history: try history(row))
  }
}
