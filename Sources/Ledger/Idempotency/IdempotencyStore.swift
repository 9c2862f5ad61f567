public import Domain
public import Postgres

/// What requests with an idempotency key have done, in the ledger.
public struct IdempotencyStore {
  /// How long a key is known.
  public static let life = Duration.seconds(86_400)

  /// How a request ended.
  public enum Outcome: Sendable, Equatable {
    /// It was done now.
    case done(String)
    /// It was done before; what was said then.
    case replayed(String)
    /// The key came with another request.
    case reused
  }

  private let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  // Whoever comes while another transaction has the key waits for its end. A record whose time is over is
  // as good as none.
  private static let claimStatement = Statement(
    "idempotency_claim",
    """
    insert into spillway.idempotency_records as r (tenant_id, digest, fingerprint)
    values ($1, $2, $3)
    on conflict (tenant_id, digest) do update
      set fingerprint = excluded.fingerprint, response = null, created_at = now()
      where r.created_at < now() - $4::bigint * interval '1 millisecond'
    returning 1
    """)

  private static let findStatement = Statement(
    "idempotency_find",
    """
    select fingerprint, response from spillway.idempotency_records
     where tenant_id = $1 and digest = $2
    """)

  private static let saveStatement = Statement(
    "idempotency_save",
    """
    update spillway.idempotency_records set response = $3 where tenant_id = $1 and digest = $2
    """)

  private static let purgeStatement = Statement(
    "idempotency_purge",
    """
    delete from spillway.idempotency_records where (tenant_id, digest) in (
      select tenant_id, digest from spillway.idempotency_records
       where created_at < now() - $1::bigint * interval '1 millisecond'
       limit $2 for update skip locked)
    """)

  /// Runs `effect` in a transaction with the record of its key, unless it was run before.
  ///
  /// - Parameter effect: does what was asked for in the transaction, and returns what a repeat is to be
  ///   told. When it throws, nothing was done and nothing is recorded.
  /// - Throws: what `effect` throws, or `PostgresError`.
  public func once(
    _ identity: RequestIdempotency, of tenant: TenantID,
    _ effect: (PostgresTransaction) async throws -> String
  ) async throws -> Outcome {
    try await pool.transaction { transaction in
      let key: [PostgresValue] = [.text(tenant.description), .uuid(identity.key.uuid)]
      let claimed = try await transaction.query(
        Self.claimStatement,
        key + [.uuid(identity.fingerprint.uuid), CellStore.milliseconds(Self.life)])
      guard claimed.isEmpty else {
        let response = try await effect(transaction)
        _ = try await transaction.query(Self.saveStatement, key + [.text(response)])
        return .done(response)
      }
      let row = try await transaction.query(Self.findStatement, key)[0]
      guard try row.decode("fingerprint", as: PostgresUUID.self) == identity.fingerprint.uuid else {
        return .reused
      }
      return .replayed(try row.decode("response"))
    }
  }

  /// Drops up to `limit` records whose time is over. May be run by several at once.
  ///
  /// - Returns: how many there were.
  @discardableResult
  public func purge(limit: Int = 1000) async throws(PostgresError) -> Int {
    let done = try await pool.query(
      Self.purgeStatement, [CellStore.milliseconds(Self.life), .int8(Int64(limit))])
    return done.affected
  }

  /// Drops all records whose time is over, so many at a time: however fast they come, they do not pile up.
  public func purgeAll(batch: Int = 1000) async throws(PostgresError) {
    while try await purge(limit: batch) >= batch {}
  }
}
