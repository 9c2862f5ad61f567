public import Domain
public import Postgres

/// Exchange rates as the ledger holds them.
public struct ExchangeRateStore {
  private let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// A rate that somebody entered.
  public struct Record: Sendable, Equatable {
    public let id: Identifier
    public let period: ExchangeRatePeriod
    public let createdBy: String
    public let createdAt: Instant
  }

  private static let columns = """
    rate_id, from_currency, to_currency, numerator, denominator, valid_from, valid_until, created_by, \
    created_at
    """

  private static let insertStatement = Statement(
    "exchange_rate_insert",
    """
    insert into spillway.exchange_rates (tenant_id, rate_id, from_currency, to_currency, numerator,
      denominator, valid_from, valid_until, created_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict on constraint exchange_rates_begin do nothing returning \(columns)
    """)

  private static let listStatement = Statement(
    "exchange_rate_list",
    """
    select \(columns) from spillway.exchange_rates
     where tenant_id = $1 and rate_id < $2 order by rate_id desc limit $3
    """)

  // Of each pair those that will hold, the one that holds, and those that will hold again when a shorter
  // one has ended.
  private static let currentStatement = Statement(
    "exchange_rate_current",
    """
    select \(columns) from spillway.exchange_rates r
     where tenant_id = $1 and (valid_until is null or valid_until > $2)
       and not exists (
         select from spillway.exchange_rates n
          where n.tenant_id = r.tenant_id and n.from_currency = r.from_currency
            and n.to_currency = r.to_currency and n.valid_until is null
            and n.valid_from > r.valid_from and n.valid_from <= $2)
     order by valid_from desc limit $3
    """)

  /// Adds a rate; nil when one of the same pair begins at the same instant.
  public func insert(
    _ id: Identifier, _ period: ExchangeRatePeriod, of tenant: TenantID, by user: UserID
  ) async throws(PostgresError) -> Record? {
    let rows = try await pool.query(
      Self.insertStatement,
      [
        .text(tenant.description), .uuid(id.uuid), .text(period.rate.from.rawValue),
        .text(period.rate.to.rawValue), .int8(Int64(period.rate.numerator)),
        .int8(Int64(period.rate.denominator)), .timestamptz(period.validFrom.timestamp),
        .optional(period.validUntil?.timestamp), .text(user.description),
      ])
    return rows.isEmpty ? nil : try Self.record(rows[0])
  }

  /// A tenant's rates, those entered last first, before the rate `cursor`.
  public func list(
    of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(PostgresError) -> [Record] {
    let rows = try await pool.query(
      Self.listStatement,
      [.text(tenant.description), .uuid((cursor ?? .last).uuid), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in try Self.record(row) }
  }

  /// What holds at `instant` or later, at most `limit`.
  public func current(
    of tenant: TenantID, at instant: Instant, limit: Int
  ) async throws(PostgresError) -> [Record] {
    let rows = try await pool.query(
      Self.currentStatement,
      [.text(tenant.description), .timestamptz(instant.timestamp), .int8(Int64(limit))])
    return try rows.map { row throws(PostgresError) in try Self.record(row) }
  }

  private static func record(_ row: PostgresRow) throws(PostgresError) -> Record {
    guard
      let rate = ExchangeRate(
        from: try row.choice("from_currency"), to: try row.choice("to_currency"),
        numerator: try row.decode("numerator"), denominator: try row.decode("denominator"))
    else { throw .decoding(column: "exchange_rates", reason: "holds what no version wrote") }
    return Record(
      id: try row.identifier("rate_id"),
      period: ExchangeRatePeriod(
        rate: rate, validFrom: try row.instant("valid_from"),
        validUntil: try row.optionalInstant("valid_until")),
      createdBy: try row.decode("created_by"), createdAt: try row.instant("created_at"))
  }
}
