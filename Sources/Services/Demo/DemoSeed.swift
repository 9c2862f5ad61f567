public import Domain
internal import Ledger
public import Postgres

/// What `--demo` brings: a tenant for this machine's own names, an open campaign, goods in stock, an open
/// sale of them, and users with money to spend.
/// Seeding again changes nothing.
public enum DemoSeed {
  public static let tenant = Tenant(id: TenantID("demo")!, name: "Demo shop", defaultMarket: "KR")

  /// Names by which a machine calls itself.
  public static let hosts = ["localhost", "127.0.0.1", "[::1]"].compactMap { Host($0) }

  /// The campaign's id, always the same, so that documents can name it.
  public static let campaignID = Identifier(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001)

  /// The sale's id, always the same, too.
  public static let saleID = Identifier(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0002)

  /// How long campaign and sale are open.
  static let life = Duration.seconds(10 * 365 * 24 * 3600)

  /// Adds what is not there yet.
  public static func plant(
    in pool: PostgresPool, now: Instant
  ) async throws(PostgresError) {
    try await TenantStore(pool: pool).put(tenant, hosts: hosts)
    guard let operatorID = UserID("demo") else { return }
    try await plantCampaign(in: pool, now: now, by: operatorID)
    try await plantGoods(in: pool, now: now, by: operatorID)
    try await plantWallets(in: pool, now: now, by: operatorID)
  }

  private static func plantCampaign(
    in pool: PostgresPool, now: Instant, by user: UserID
  ) async throws(PostgresError) {
    let campaigns = CampaignStore(pool: pool)
    guard try await campaigns.find(campaignID, of: tenant.id) == nil,
      let cell = CellName.shared(by: tenant.id, market: tenant.defaultMarket)
    else { return }
    _ = try await campaigns.insert(
      Campaign(
        id: campaignID, tenant: tenant.id, cell: cell, name: "Welcome coupon",
        terms: CampaignTerms(
          quantity: 1_000, perUserLimit: 1, opensAt: now, closesAt: now + life),
        discount: .rate(basisPoints: 1_000, maximum: 5_000, currency: "KRW"),
        // For the goods of the sale, so that whoever claims one can order with it.
        eligibility: Eligibility(
          products: [productID.description], markets: [tenant.defaultMarket],
          minimumSubtotal: 10_000),
        acknowledgement: .hot, expiresAt: nil, version: 1),
      by: user)
  }
}
