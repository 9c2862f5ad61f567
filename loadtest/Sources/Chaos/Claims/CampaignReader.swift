internal import Domain
internal import Postgres
internal import Redis

/// Reads what the ledger and Redis hold of a campaign once both are at rest. Loop-confined.
struct CampaignReader {
  let installation: Installation

  private static let pageSize = 10_000
  /// Fields of a hash that one call reads, about.
  private static let scanSize = 1000

  private static let pageStatement = Statement(
    "chaos.page",
    """
    select k.sequence, k.user_id, k.coupon_id, k.ordinal, k.used_by_order,
      case when k.status = 'ISSUED' and c.recalled_at is not null then 'RECALLED' else k.status end
        as status,
      round(extract(epoch from k.issued_at) * 1000)::bigint as issued_at
    from spillway.coupons k join spillway.campaigns c using (tenant_id, campaign_id)
    where k.tenant_id = $1 and k.campaign_id = $2 and k.sequence > $3
    order by k.sequence limit $4
    """)

  private static let countStatement = Statement(
    "chaos.count",
    """
    select issued, quantity, version from spillway.campaigns
    where tenant_id = $1 and campaign_id = $2
    """)

  /// - Throws: when Redis or Postgres cannot be read.
  func read(_ campaign: ChaosCampaign) async throws -> CampaignState {
    var state = CampaignState()
    state.rows = try await rows(of: campaign)
    let id = campaign.id.uuid
    let counts = try await installation.pool.query(
      Self.countStatement, [.text(campaign.tenant.tenant.id.description), id])
    state.counted = try counts[0].decode(0, as: Int.self)
    let keys = campaign.tenant.keys
    state.terms = .init(
      quantity: try counts[0].decode("quantity", as: Int.self),
      version: try counts[0].decode("version", as: Int.self))
    let fields = try await installation.client.send(
      RedisCommand("HMGET", keys.campaign(campaign.id), "issued", "quantity", "version"))
    let numbers = (fields.array ?? []).map { $0.text.flatMap { Int($0) } }
    if numbers.count == 3 {
      state.issuedInRedis = numbers[0]
      state.termsInRedis = .init(quantity: numbers[1], version: numbers[2])
    }
    state.holdersInRedis = try await holders(keys.holders(campaign.id))
    return state
  }

  private func rows(of campaign: ChaosCampaign) async throws -> [RecordedCoupon] {
    var coupons: [RecordedCoupon] = []
    let id = campaign.id.uuid
    while true {
      let page = try await installation.pool.query(
        Self.pageStatement,
        [
          .text(campaign.tenant.tenant.id.description), id,
          .int8(Int64(coupons.last?.sequence ?? 0)), .int8(Int64(Self.pageSize)),
        ])
      for row in page {
        coupons.append(
          RecordedCoupon(
            sequence: try row.decode("sequence", as: Int.self),
            user: try row.decode("user_id", as: String.self),
            coupon: Identifier(try row.decode("coupon_id", as: PostgresUUID.self)),
            ordinal: Int(try row.decode("ordinal", as: Int32.self)),
            issuedAt: try row.decode("issued_at", as: Int.self),
            status: try row.decode("status", as: String.self),
            usedBy: try row.decode("used_by_order", as: PostgresUUID?.self).map { Identifier($0) }))
      }
      if page.count < Self.pageSize { return coupons }
    }
  }

  private func holders(_ key: [UInt8]) async throws -> [String: String] {
    var holders: [String: String] = [:]
    var cursor = "0"
    repeat {
      let reply = try await installation.client.send(
        RedisCommand("HSCAN", key, cursor, "COUNT", Self.scanSize))
      cursor = reply[0].text ?? "0"
      let fields = reply[1].array ?? []
      for index in stride(from: 0, to: fields.count - 1, by: 2) {
        if let user = fields[index].text { holders[user] = fields[index + 1].text }
      }
    } while cursor != "0"
    return holders
  }
}
