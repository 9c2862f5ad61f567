public import Postgres

extension LedgerAudit {
  /// Carts whose time has been over for longer than `grace`.
  public func overdueCarts(grace: Duration) async throws(PostgresError) -> Int {
    let rows = try await pool.query(
      """
      select count(*) from spillway.carts
       where expires_at < clock_timestamp() - $1::bigint * interval '1 millisecond'
      """, [CellStore.milliseconds(grace)], timeout: Self.timeout)
    return try rows[0].decode(0)
  }
}
