public import Domain
public import Postgres

/// What the ledger says about itself, in statements over whole tables.
public struct LedgerAudit {
  /// How long one look over a table may take.
  public static let timeout = Duration.seconds(600)

  let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// A campaign and the sums over its coupons.
  public struct Sums: Sendable, Equatable {
    public let campaign: Campaign
    /// What the campaign's row says.
    public let issued: Int
    public let coupons: Int
    public let firstSequence: Int
    public let lastSequence: Int
    public let users: Int
    /// Coupons of the user who holds most.
    public let mostOfOneUser: Int
    /// Users whose first, second, … coupons are not all there.
    public let usersWithGaps: Int
  }

  private static let sumsStatement = Statement(
    unprepared: """
      with per_user as (
        select tenant_id, campaign_id, count(*) as held, max(ordinal) as highest,
          min(sequence) as first, max(sequence) as last
        from spillway.coupons
        where ($1::uuid is null or campaign_id = $1)
        group by tenant_id, campaign_id, user_id
      ), sums as (
        select tenant_id, campaign_id, sum(held)::bigint as coupons, min(first) as first,
          max(last) as last, count(*) as users, max(held) as most,
          count(*) filter (where held <> highest) as gaps
        from per_user group by tenant_id, campaign_id
      )
      select \(CampaignStore.columns), coalesce(coupons, 0) as coupons, coalesce(first, 0) as first,
        coalesce(last, 0) as last, coalesce(users, 0) as users, coalesce(most, 0) as most,
        coalesce(gaps, 0) as gaps
      from spillway.campaigns left join sums using (tenant_id, campaign_id)
      where ($1::uuid is null or campaign_id = $1)
      order by tenant_id, campaign_id
      """)

  /// The sums of all campaigns, or of one.
  public func sums(of campaign: Identifier? = nil) async throws(PostgresError) -> [Sums] {
    let rows = try await pool.query(
      Self.sumsStatement, [.optional(campaign?.uuid)], timeout: Self.timeout)
    return try rows.map { row throws(PostgresError) in
      let record = try CampaignStore.record(row)
      return Sums(
        campaign: record.campaign, issued: record.issued, coupons: try row.decode("coupons"),
        firstSequence: try row.decode("first"), lastSequence: try row.decode("last"),
        users: try row.decode("users"), mostOfOneUser: try row.decode("most"),
        usersWithGaps: try row.decode("gaps"))
    }
  }

  /// Coupons of campaigns that do not exist.
  public func orphans() async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      """
      select count(*) from (select distinct tenant_id, campaign_id from spillway.coupons) p
       where not exists (select from spillway.campaigns c
         where c.tenant_id = p.tenant_id and c.campaign_id = p.campaign_id)
      """, [], timeout: Self.timeout)
    return try rows[0].decode(0)
  }

  /// Commands of a cell that wait to be applied.
  public func pendingCommands(of cell: CellName) async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      "select count(*) from spillway.cell_commands where cell = $1 and applied_at is null",
      [.text(cell.text)])
    return try rows[0].decode(0)
  }
}
