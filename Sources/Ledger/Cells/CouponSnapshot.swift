public import Domain
public import Postgres

/// All coupons of some campaigns as one transaction sees them, for their cell to be rebuilt.
///
/// Read in whatever order is cheapest, and once: a crowd's coupons lie in the table as they were issued, while
/// an index by user leads to a place of its own for each of them.
public struct CouponSnapshot {
  /// The longest that one page may take: longer than a statement of a request, for a cell that is not
  /// rebuilt stays closed.
  static let timeout = Duration.seconds(30)

  private let transaction: PostgresTransaction
  private let values: [PostgresValue]
  private let pageSize: Int

  /// - Parameter campaigns: of the tenant.
  public init(
    transaction: PostgresTransaction, tenant: TenantID, campaigns: [Identifier], pageSize: Int
  ) {
    self.transaction = transaction
    values = [.array(campaigns.map(\.uuid)), .text(tenant.description)]
    self.pageSize = pageSize
  }

  private static let beginStatement = Statement(
    "coupon_snapshot_begin",
    """
    select set_config('work_mem', '32MB', true), set_config('cursor_tuple_fraction', '1', true),
      clock_timestamp()
    """)

  /// Gives a transaction room for what is sorted and added up in it, and has its readings planned for all of
  /// their rows.
  ///
  /// - Returns: the ledger's clock.
  public static func begin(
    _ transaction: PostgresTransaction
  ) async throws(PostgresError) -> Instant {
    let rows = try await transaction.query(Self.beginStatement)
    return Instant(try rows[0].decode(2, as: PostgresTimestamp.self))
  }

  /// A coupon that was issued.
  public struct Coupon: Sendable, Equatable {
    public let campaign: Identifier
    public let sequence: Int
    public let user: String
    /// Counts the user's coupons of the campaign, from 1.
    public let ordinal: Int
    public let issuedAt: Instant
    /// It was taken back by itself.
    public let isTakenBack: Bool
    /// Digest and fingerprint of the idempotency key that it was claimed with.
    public let key: Key?

    public struct Key: Sendable, Equatable {
      public let digest: String
      public let fingerprint: String
    }

    /// As the claim script keeps it of its holder.
    public var text: String { "\(sequence):\(issuedAt.milliseconds)\(isTakenBack ? "!" : "")" }
  }

  private static let couponsStatement = Statement(
    unprepared: """
      select campaign_id, sequence, user_id, ordinal::bigint, issued_at, recall_id is not null,
          idempotency_digest, idempotency_fingerprint
        from spillway.coupons where campaign_id = any($1) and tenant_id = $2
      """)

  /// Each coupon, in no order.
  public func coupons() -> LedgerPages<Coupon> {
    let pages = transaction.pages(
      of: Self.couponsStatement, values, size: pageSize, timeout: Self.timeout)
    return LedgerPages(pages) { row throws(PostgresError) in
      var key: Coupon.Key?
      if let digest = try row.decode(6, as: String?.self) {
        key = Coupon.Key(digest: digest, fingerprint: try row.decode(7))
      }
      return Coupon(
        campaign: Identifier(try row.decode(0, as: PostgresUUID.self)),
        sequence: try row.decode(1), user: try row.decode(2), ordinal: try row.decode(3),
        issuedAt: Instant(try row.decode(4, as: PostgresTimestamp.self)),
        isTakenBack: try row.decode(5), key: key)
    }
  }

  /// A user who holds, or held, more than a first coupon of a campaign.
  public struct Holder: Sendable, Equatable {
    public let campaign: Identifier
    public let user: String
    /// As the claim script keeps them: `sequence:issued_ms[,sequence:issued_ms]…` in the order of issue,
    /// with `!` behind one that was taken back by itself.
    public let coupons: String
    /// The ledger has the user's first coupon, too.
    public let hasFirst: Bool
  }

  private static let holdersStatement = Statement(
    unprepared: """
      select campaign_id, user_id, string_agg(
          sequence || ':' || (extract(epoch from issued_at) * 1000)::bigint
            || case when recall_id is null then '' else '!' end, ',' order by ordinal),
          min(ordinal) = 1
        from spillway.coupons where campaign_id = any($1) and tenant_id = $2
       group by campaign_id, user_id having max(ordinal) > 1
      """)

  /// Those who have a coupon that is not their first, in no order.
  public func holdersOfSeveral() -> LedgerPages<Holder> {
    let pages = transaction.pages(
      of: Self.holdersStatement, values, size: pageSize, timeout: Self.timeout)
    return LedgerPages(pages) { row throws(PostgresError) in
      Holder(
        campaign: Identifier(try row.decode(0, as: PostgresUUID.self)), user: try row.decode(1),
        coupons: try row.decode(2), hasFirst: try row.decode(3))
    }
  }
}
