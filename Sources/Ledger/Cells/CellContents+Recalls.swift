public import Domain
public import Postgres

extension CellContents {
  /// Coupons of a user that were taken back by one recall, as their cell has to know of them.
  public struct TakenCoupons: Sendable, Equatable {
    public let recall: Identifier
    public let campaign: Identifier
    public let user: String
    public let sequences: [Int]
    /// Digests of the idempotency keys that they were claimed with and that still count.
    public let digests: [String]
  }

  private static let recallsStatement = Statement(
    "cell_contents_recalls",
    """
    select r.recall_id, r.campaign_id, r.user_id, array_agg(k.sequence order by k.sequence) as sequences,
        coalesce(array_agg(k.idempotency_digest) filter (where k.idempotency_digest is not null
          and k.issued_at > clock_timestamp() - $3::bigint * interval '1 millisecond'), '{}') as digests
      from spillway.campaigns c
      join spillway.coupon_recalls r on r.tenant_id = c.tenant_id and r.campaign_id = c.campaign_id
      join spillway.coupons k on k.campaign_id = r.campaign_id and k.user_id = r.user_id
        and k.tenant_id = r.tenant_id and k.recall_id = r.recall_id
     where c.cell = $1 and r.recall_id = any($2)
     group by r.recall_id, r.campaign_id, r.user_id
    """)

  /// What recalls of the given ids took back.
  public func recalls(
    _ ids: [Identifier], of cell: CellName
  ) async throws(PostgresError) -> [TakenCoupons] {
    let rows = try await query(
      Self.recallsStatement,
      [
        .text(cell.text), .array(ids.map(\.uuid)),
        CellStore.milliseconds(IdempotencyStore.life),
      ])
    return try rows.map { row throws(PostgresError) in
      TakenCoupons(
        recall: try row.identifier("recall_id"), campaign: try row.identifier("campaign_id"),
        user: try row.decode("user_id"), sequences: try row.decode("sequences"),
        digests: try row.decode("digests"))
    }
  }
}
