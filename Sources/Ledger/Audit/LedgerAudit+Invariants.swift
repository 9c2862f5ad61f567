public import Domain
public import Postgres

extension LedgerAudit {
  /// Campaigns whose cell belongs to another tenant.
  public func campaignsInForeignCells() async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      """
      select count(*) from spillway.campaigns c join spillway.cells using (cell)
       where c.tenant_id <> cells.tenant_id
      """, [], timeout: Self.timeout)
    return try rows[0].decode(0)
  }

  /// How long a payment that had begun before a recall may have gone on.
  static let paymentGrace = Duration.seconds(60)

  /// Coupons that were used though their campaign had been recalled.
  public func usedOfRecalledCampaigns() async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      """
      select count(*) from spillway.campaigns c join spillway.coupons k using (tenant_id, campaign_id)
       where k.status = 'USED' and k.used_at > c.recalled_at + $1::bigint * interval '1 millisecond'
      """, [CellStore.milliseconds(Self.paymentGrace)], timeout: Self.timeout)
    return try rows[0].decode(0)
  }

  /// Coupons that follow another one with the same idempotency key in the same cell sooner than `life`.
  public func repeatedKeys(within life: Duration) async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      """
      select count(*) from (
        select p.issued_at - lag(p.issued_at) over (
            partition by c.cell, p.idempotency_digest order by p.issued_at) as distance
          from spillway.coupons p join spillway.campaigns c using (tenant_id, campaign_id)
         where p.idempotency_digest is not null) d
       where distance < $1::bigint * interval '1 millisecond'
      """, [CellStore.milliseconds(life)], timeout: Self.timeout)
    return try rows[0].decode(0)
  }

  /// An idempotency record as Redis holds it.
  public struct ClaimRecord: Sendable, Hashable {
    public let digest: String
    public let fingerprint: String
    public let sequence: Int
    /// Milliseconds since 1970.
    public let issued: Int

    public init(digest: String, fingerprint: String, sequence: Int, issued: Int) {
      self.digest = digest
      self.fingerprint = fingerprint
      self.sequence = sequence
      self.issued = issued
    }
  }

  private static let knownStatement = Statement(
    "audit_known_records",
    """
    select f.digest, f.fingerprint, f.sequence, f.issued
      from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[])
        as f (digest, fingerprint, sequence, issued)
     where exists (
       select from spillway.campaigns c join spillway.coupons p using (tenant_id, campaign_id)
        where c.cell = $1 and p.sequence = f.sequence and p.idempotency_digest = f.digest
          and p.idempotency_fingerprint = f.fingerprint
          and (extract(epoch from p.issued_at) * 1000)::bigint = f.issued)
    """)

  /// Those of `records` that some coupon of the cell was claimed with.
  public func known(
    _ records: [ClaimRecord], in cell: CellName
  ) async throws(PostgresError) -> Set<ClaimRecord> {
    let rows = try await pool.query(
      Self.knownStatement,
      [
        .text(cell.text), .array(records.map(\.digest)), .array(records.map(\.fingerprint)),
        .array(records.map(\.sequence)), .array(records.map(\.issued)),
      ], timeout: Self.timeout)
    var known: Set<ClaimRecord> = []
    for row in rows {
      known.insert(
        ClaimRecord(
          digest: try row.decode(0), fingerprint: try row.decode(1), sequence: try row.decode(2),
          issued: try row.decode(3)))
    }
    return known
  }
}
