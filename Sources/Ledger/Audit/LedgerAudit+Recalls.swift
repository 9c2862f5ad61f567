public import Postgres

extension LedgerAudit {
  /// An invariant of coupons that were taken back, and how many rows break it.
  public struct RecallFault: Sendable, Equatable {
    public let invariant: String
    public let count: Int
  }

  // One snapshot: a recall that comes meanwhile is in all of the sums or in none.
  private static let recallStatement = Statement(
    unprepared: """
      select * from (values
        (1, 'no coupon that was taken back can be used', (
          select count(*) from spillway.coupons where recall_id is not null and status = 'ISSUED')),
        (2, 'a recalled coupon was taken back by itself or with its campaign', (
          select count(*) from spillway.coupons k
            left join spillway.campaigns c using (tenant_id, campaign_id)
           where k.status = 'RECALLED' and k.recall_id is null and c.recalled_at is null)),
        (3, 'a recall has just the coupons that it names', (
          select count(*) from spillway.coupon_recalls r
            full join (
              select tenant_id, recall_id, min(campaign_id::text) as first,
                  max(campaign_id::text) as last, min(user_id) as one, max(user_id) as other,
                  array_agg(coupon_id order by sequence) as ids
                from spillway.coupons where recall_id is not null
               group by tenant_id, recall_id) k using (tenant_id, recall_id)
           where (r.campaign_id::text, r.campaign_id::text, r.user_id, r.user_id, r.coupon_ids)
             is distinct from (k.first, k.last, k.one, k.other, k.ids)))
        ) f (place, invariant, count) order by place
      """)

  /// How often each invariant of recalls is broken.
  public func recallFaults() async throws(PostgresError) -> [RecallFault] {
    let rows = try await pool.query(Self.recallStatement, [], timeout: Self.timeout)
    return try rows.map { row throws(PostgresError) in
      RecallFault(invariant: try row.decode("invariant"), count: try row.decode("count"))
    }
  }
}
