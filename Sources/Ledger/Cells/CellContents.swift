public import Domain
public import Postgres

/// What the ledger holds of a cell's campaigns, in pages, for its cell to be told or to be compared. All of their
/// coupons are read by a ``CouponSnapshot``.
public struct CellContents {
  let query: (Statement, [PostgresValue]) async throws(PostgresError) -> PostgresRows

  /// Each read sees the ledger as it is then.
  public init(pool: PostgresPool) {
    query = { statement, values async throws(PostgresError) in
      try await pool.query(statement, values)
    }
  }

  /// All reads see what the transaction sees.
  public init(transaction: PostgresTransaction) {
    query = { statement, values async throws(PostgresError) in
      try await transaction.query(statement, values)
    }
  }

  private static let allStatement = Statement(
    "cell_contents_campaigns",
    """
    select \(CampaignStore.columns) from spillway.campaigns
     where cell = $1 and campaign_id > $2 order by campaign_id limit $3
    """)

  /// The cell's campaigns by id, behind `after`.
  public func campaigns(
    of cell: CellName, after: Identifier, limit: Int
  ) async throws(PostgresError) -> [Campaign] {
    let rows = try await query(
      Self.allStatement, [.text(cell.text), .uuid(after.uuid), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in try CampaignStore.record(row).campaign }
  }

  private static let someStatement = Statement(
    "cell_contents_campaigns_of",
    """
    select \(CampaignStore.columns) from spillway.campaigns
     where cell = $1 and campaign_id = any($2)
    """)

  /// The campaigns of the given ids.
  public func campaigns(
    _ ids: [Identifier], of cell: CellName
  ) async throws(PostgresError) -> [Campaign] {
    let rows = try await query(
      Self.someStatement, [.text(cell.text), .array(ids.map(\.uuid))])
    return try rows.map { row throws(PostgresError) in try CampaignStore.record(row).campaign }
  }

  // MARK: Holders

  /// A user's coupons of a campaign, as the claim script keeps them:
  /// `sequence:issued_ms[,sequence:issued_ms]…` in the order of issue, with `!` behind one that was taken
  /// back by itself.
  public struct Holder: Sendable, Equatable {
    public let user: String
    public let coupons: String
  }

  private static let holdersStatement = Statement(
    "cell_contents_holders",
    """
    select user_id, string_agg(
        sequence || ':' || (extract(epoch from issued_at) * 1000)::bigint
          || case when recall_id is null then '' else '!' end, ',' order by ordinal
      ) as coupons
      from spillway.coupons
     where tenant_id = $1 and campaign_id = $2 and user_id > $3
     group by user_id order by user_id limit $4
    """)

  /// A campaign's holders by name, behind `after`.
  public func holders(
    of campaign: Campaign, after: String, limit: Int
  ) async throws(PostgresError) -> [Holder] {
    let rows = try await query(
      Self.holdersStatement,
      [
        .text(campaign.tenant.description), .uuid(campaign.id.uuid), .text(after),
        .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in
      Holder(user: try row.decode(0), coupons: try row.decode(1))
    }
  }

  // MARK: Idempotency records

  /// A coupon claimed with an idempotency key that still counts.
  public struct Record: Sendable, Equatable {
    public let sequence: Int
    public let issuedAt: Instant
    public let digest: String
    public let fingerprint: String
    /// The coupon was taken back by itself.
    public let isTakenBack: Bool

    /// The record as the claim script writes it.
    public var text: String {
      "\(fingerprint) \(sequence):\(issuedAt.milliseconds)\(isTakenBack ? "!" : "")"
    }
  }

  private static let recordsStatement = Statement(
    "cell_contents_records",
    """
    select sequence, issued_at, idempotency_digest, idempotency_fingerprint,
        recall_id is not null as taken_back
      from spillway.coupons
     where tenant_id = $1 and campaign_id = $2 and sequence > $3 and idempotency_digest is not null
       and issued_at > clock_timestamp() - $4::bigint * interval '1 millisecond'
     order by sequence limit $5
    """)

  /// The records of a campaign that are younger than `life`, by sequence, behind `after`.
  public func records(
    of campaign: Campaign, after: Int, life: Duration, limit: Int
  ) async throws(PostgresError) -> [Record] {
    let rows = try await query(
      Self.recordsStatement,
      [
        .text(campaign.tenant.description), .uuid(campaign.id.uuid), .int8(Int64(after)),
        CellStore.milliseconds(life), .int8(Int64(limit)),
      ])
    return try rows.map { row throws(PostgresError) in
      Record(
        sequence: try row.decode("sequence"),
        issuedAt: Instant(try row.decode("issued_at", as: PostgresTimestamp.self)),
        digest: try row.decode("idempotency_digest"),
        fingerprint: try row.decode("idempotency_fingerprint"),
        isTakenBack: try row.decode("taken_back"))
    }
  }
}

extension CellContents {
  private static let lastStatement = Statement(
    "cell_contents_last_sequence",
    """
    select coalesce(max(sequence), 0) from spillway.coupons
     where tenant_id = $1 and campaign_id = $2
    """)

  /// The highest sequence of a campaign's coupons; 0 without any.
  public func lastSequence(of campaign: Campaign) async throws(PostgresError) -> Int {
    let rows = try await query(
      Self.lastStatement, [.text(campaign.tenant.description), .uuid(campaign.id.uuid)])
    return try rows[0].decode(0)
  }
}
