internal import Domain
internal import HotPath
internal import Postgres
internal import Redis

/// Writes a ``DeliberateBreach`` into Redis and Postgres, both at rest. It asks no part of the program
/// for anything, and makes both tell the same story: only who remembers what was told can see it.
/// Loop-confined.
struct Tampering {
  let installation: Installation

  /// - Throws: `ScenarioError` when the round has nothing to be broken.
  func carryOut(_ breach: DeliberateBreach) async throws {
    switch breach {
    case .doubleClaim: try await claimTwice()
    case .lostFact: try await loseFact()
    case .leakedReservation: try await leakReservation()
    }
  }

  // MARK: Claims

  private static let doubleStatement = Statement(
    unprepared: """
      with chosen as (
        select c.tenant_id, c.campaign_id, c.cell, k.user_id, k.issued_at, k.sequence as first,
          c.issued + 1 as sequence
        from spillway.campaigns c join spillway.coupons k using (tenant_id, campaign_id)
        where c.per_user_limit = 1 and c.issued between 1 and c.quantity - 1
        order by c.campaign_id desc, k.sequence limit 1
      ), added as (
        insert into spillway.coupons
          (tenant_id, campaign_id, sequence, user_id, ordinal, coupon_id, issued_at)
        select tenant_id, campaign_id, sequence, user_id, 2, gen_random_uuid(), issued_at from chosen
      ), counted as (
        update spillway.campaigns c set issued = c.issued + 1 from chosen
        where c.tenant_id = chosen.tenant_id and c.campaign_id = chosen.campaign_id
      )
      select cell, campaign_id, user_id, sequence, first,
        round(extract(epoch from issued_at) * 1000)::bigint as issued_at from chosen
      """)

  private func claimTwice() async throws {
    let row = try await change(Self.doubleStatement)
    let (keys, campaign) = try names(row)
    let issuedAt = try row.decode("issued_at", as: Int.self)
    let first = try row.decode("first", as: Int.self)
    let sequence = try row.decode("sequence", as: Int.self)
    try await send("HINCRBY", keys.campaign(campaign), "issued", 1)
    try await send(
      "HSET", keys.holders(campaign), try row.decode("user_id", as: String.self),
      "\(first):\(issuedAt),\(sequence):\(issuedAt)")
  }

  private static let loseStatement = Statement(
    unprepared: """
      with chosen as (
        select c.tenant_id, c.campaign_id, c.cell, k.user_id, k.sequence
        from spillway.campaigns c join spillway.coupons k
          on k.tenant_id = c.tenant_id and k.campaign_id = c.campaign_id and k.sequence = c.issued
        where c.per_user_limit = 1 order by c.campaign_id desc limit 1
      ), lost as (
        delete from spillway.coupons k using chosen
        where k.tenant_id = chosen.tenant_id and k.campaign_id = chosen.campaign_id
          and k.sequence = chosen.sequence
      ), counted as (
        update spillway.campaigns c set issued = c.issued - 1 from chosen
        where c.tenant_id = chosen.tenant_id and c.campaign_id = chosen.campaign_id
      )
      select cell, campaign_id, user_id from chosen
      """)

  private func loseFact() async throws {
    let row = try await change(Self.loseStatement)
    let (keys, campaign) = try names(row)
    try await send("HINCRBY", keys.campaign(campaign), "issued", -1)
    try await send("HDEL", keys.holders(campaign), try row.decode("user_id", as: String.self))
    // Of the last entries none may bring it back.
    try await send("XTRIM", keys.stream, "MAXLEN", 0)
  }

  private func names(_ row: PostgresRow) throws -> (CellKeys, Identifier) {
    let id = try row.decode("campaign_id", as: PostgresUUID.self)
    return (try keys(row), Identifier(id))
  }

  // MARK: Stock

  private static let leakStatement = Statement(
    unprepared: """
      with chosen as (
        select tenant_id, cell, scope, sku from spillway.stock_accounts
        where scope <> spillway.open_scope() and received - taken - reserved - sold > 0
        order by scope desc, sku limit 1
      )
      update spillway.stock_accounts a set reserved = reserved + 1 from chosen
      where a.tenant_id = chosen.tenant_id and a.cell = chosen.cell and a.scope = chosen.scope
        and a.sku = chosen.sku
      returning a.cell, a.scope, a.sku
      """)

  private func leakReservation() async throws {
    let row = try await change(Self.leakStatement)
    let scope = try row.decode("scope", as: PostgresUUID.self)
    guard let sku = SKU(try row.decode("sku", as: String.self)) else { return }
    let sale = StockScope.sale(Identifier(scope))
    try await send("HINCRBY", try keys(row).stock(sale, sku), "reserved", 1)
  }

  // MARK: Parts

  private func keys(_ row: PostgresRow) throws -> CellKeys {
    let name = try row.decode("cell", as: String.self)
    guard let cell = CellName(name) else { throw ScenarioError("\(name) names no cell") }
    return CellKeys(cell)
  }

  private func change(_ statement: Statement) async throws -> PostgresRow {
    let rows = try await installation.pool.query(statement)
    guard rows.count == 1 else { throw ScenarioError("the round has nothing to be broken") }
    return rows[0]
  }

  private func send(_ name: String, _ arguments: any RedisArgument...) async throws {
    _ = try await installation.client.send(RedisCommand(name, arguments))
  }
}
