internal import Domain
internal import EventLoop
internal import Postgres

/// Reads a campaign's coupons, and how late they and a sale's orders are, from Postgres. Loop-confined.
final class LedgerReader {
  /// Rows that one query fetches.
  static let pageSize = 10_000
  /// How often it is looked whether the ledger has caught up.
  static let pollInterval: Duration = .milliseconds(20)

  /// How late rows reached the ledger, from the cell's decision to the transaction that recorded them.
  struct Lag: Sendable, Equatable {
    /// In seconds.
    let median: Double
    let percentile99: Double
    let longest: Double
  }

  fileprivate let pool: PostgresPool
  fileprivate let loop: EventLoop

  /// - Throws: `ScenarioError` when the database cannot be reached.
  init(url: String, loop: EventLoop) async throws(ScenarioError) {
    self.loop = loop
    do throws(PostgresError) {
      pool = try await PostgresPool.ready(url: url, loop: loop)
    } catch {
      throw ScenarioError("cannot reach the ledger: \(error)")
    }
  }

  func close() { pool.close() }

  fileprivate static let countStatement = Statement(
    "loadtest.count", "select count(*) from spillway.coupons where campaign_id = $1")

  private static let pageStatement = Statement(
    "loadtest.page",
    """
    select sequence, user_id, coupon_id, ordinal from spillway.coupons
    where campaign_id = $1 and sequence > $2 order by sequence limit $3
    """)

  private static let lagStatement = Statement(
    "loadtest.lag",
    """
    \(lagColumns) from (select extract(epoch from recorded_at - issued_at) as lag
      from spillway.coupons where campaign_id = $1) as lags
    """)

  fileprivate static let orderCountStatement = Statement(
    "loadtest.order_count", "select count(*) from spillway.orders where scope = $1")

  private static let orderLagStatement = Statement(
    "loadtest.order_lag",
    """
    \(lagColumns) from (select extract(epoch from recorded_at - created_at) as lag
      from spillway.orders where scope = $1) as lags
    """)

  private static let lagColumns = """
    select coalesce(percentile_disc(0.5) within group (order by lag), 0)::float8 as median,
      coalesce(percentile_disc(0.99) within group (order by lag), 0)::float8 as percentile99,
      coalesce(max(lag), 0)::float8 as longest
    """

  /// Waits until the campaign has `count` rows; returns after `deadline` at the latest, with the
  /// number there is.
  func waitForRows(
    _ count: Int, of campaign: Identifier, deadline: Duration
  ) async throws(PostgresError) -> Int {
    let end = loop.milliseconds + deadline.milliseconds
    while true {
      let rows = try await pool.query(Self.countStatement, [campaign.uuid])
      let found = try rows[0].decode(0, as: Int.self)
      if found >= count || loop.milliseconds >= end { return found }
      await loop.sleep(for: Self.pollInterval)
    }
  }

  /// All rows of the campaign, by sequence.
  func coupons(of campaign: Identifier) async throws(PostgresError) -> [LedgerCoupon] {
    var coupons: [LedgerCoupon] = []
    while true {
      let after = coupons.last?.sequence ?? 0
      let rows = try await pool.query(
        Self.pageStatement,
        [campaign.uuid, .int8(Int64(after)), .int8(Int64(Self.pageSize))])
      for row in rows {
        coupons.append(
          LedgerCoupon(
            sequence: try row.decode("sequence", as: Int.self),
            user: try row.decode("user_id", as: String.self),
            coupon: Identifier(try row.decode("coupon_id", as: PostgresUUID.self)),
            ordinal: Int(try row.decode("ordinal", as: Int32.self))))
      }
      if rows.count < Self.pageSize { return coupons }
    }
  }

  /// How late the campaign's coupons reached the ledger.
  func lag(of campaign: Identifier) async throws(PostgresError) -> Lag {
    try await lag(Self.lagStatement, campaign)
  }

  /// How late the sale's orders reached the ledger.
  func lag(ofOrders sale: Identifier) async throws(PostgresError) -> Lag {
    try await lag(Self.orderLagStatement, sale)
  }

  private func lag(
    _ statement: Statement, _ subject: Identifier
  ) async throws(PostgresError) -> Lag {
    let rows = try await pool.query(statement, [subject.uuid])
    return Lag(
      median: try rows[0].decode("median", as: Double.self),
      percentile99: try rows[0].decode("percentile99", as: Double.self),
      longest: try rows[0].decode("longest", as: Double.self))
  }
}

extension LedgerReader {
  /// How long the number of rows must not change.
  static let stillFor: Duration = .milliseconds(500)
  /// How long that is waited for at most.
  static let stillWithin: Duration = .seconds(120)

  /// Waits until no more rows of the campaign come, and returns how many there are.
  func waitUntilStill(_ campaign: Identifier) async throws(PostgresError) -> Int {
    try await waitUntilStill(Self.countStatement, campaign)
  }

  /// Waits until no more orders of the sale come, and returns how many there are.
  func waitUntilStill(ordersOf sale: Identifier) async throws(PostgresError) -> Int {
    try await waitUntilStill(Self.orderCountStatement, sale)
  }

  private func waitUntilStill(
    _ statement: Statement, _ subject: Identifier
  ) async throws(PostgresError) -> Int {
    let end = loop.milliseconds + Self.stillWithin.milliseconds
    var earlier = -1
    while loop.milliseconds < end {
      let found = try await pool.query(statement, [subject.uuid])[0].decode(0, as: Int.self)
      if found == earlier { break }
      earlier = found
      await loop.sleep(for: Self.stillFor)
    }
    return earlier
  }
}
