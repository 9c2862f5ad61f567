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
  }

  private static let listStatement = Statement(
    "coupon_list",
    """
    select coupon_id, sequence, user_id, ordinal::bigint as ordinal, issued_at, status from spillway.coupons
    where tenant_id = $1 and campaign_id = $2 and sequence > $3 order by sequence limit $4
    """)

  /// A campaign's coupons in the order of issue, behind sequence `after`.
  public func list(
    campaign: Identifier, of tenant: TenantID, after: Int, limit: Int
  ) async throws(PostgresError) -> [Record] {
    let rows = try await pool.query(
      Self.listStatement,
      [.text(tenant.description), .uuid(campaign.uuid), .int8(Int64(after)), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in
      Record(
        coupon: Identifier(try row.decode("coupon_id", as: PostgresUUID.self)),
        sequence: try row.decode("sequence"), user: try row.decode("user_id"),
        ordinal: try row.decode("ordinal"),
        issuedAt: Instant(try row.decode("issued_at", as: PostgresTimestamp.self)),
        status: try row.choice("status"))
    }
  }
}
