import Domain
import EventLoop
import Postgres
import TestSupport

@testable import Ledger

/// A migrated database of its own with one tenant, one cell and one campaign.
struct LedgerBench {
  let pool: PostgresPool
  let store: CellStore
  let campaign: Campaign
  var cell: CellName { campaign.cell }

  static func run<Result: Sendable>(
    quantity: Int = 100, perUserLimit: Int = 2,
    _ body: @escaping @Sendable (LedgerBench) async throws -> Result
  ) async throws -> Result {
    let database = try await SharedServers.database()
    return try await withEventLoop { loop in
      let pool = PostgresPool(configuration: try .patient(url: database), loop: loop)
      defer { pool.close() }
      try await pool.whenReady(deadline: .seconds(60))
      _ = try await Migrator().run(on: pool)
      let tenant = Tenant(id: TenantID("demo")!, name: "Demo", defaultMarket: "KR")
      try await TenantStore(pool: pool).put(tenant, hosts: [])
      let campaign = Campaign(
        id: Identifier(high: 0x0190_a000_0000_7000, low: 0x8000_0000_0000_0001), tenant: tenant.id,
        cell: CellName("demo.kr")!, name: "Sale",
        terms: CampaignTerms(
          quantity: quantity, perUserLimit: perUserLimit, opensAt: Instant(milliseconds: 0),
          closesAt: .latest),
        discount: .amount(1000, currency: "KRW"), eligibility: Eligibility(),
        acknowledgement: .hot, expiresAt: nil, version: 1)
      let record = try await CampaignStore(pool: pool).insert(
        campaign, by: UserID("operator")!)
      return try await body(
        LedgerBench(pool: pool, store: CellStore(pool: pool), campaign: record.campaign))
    }
  }

  /// One coupon of a batch.
  struct Coupon {
    var sequence: Int
    var user: String
    var ordinal = 1
    var milliseconds: Int64 = 1_763_678_461_123
    var digest: String?
  }

  func facts(_ coupons: [Coupon], of other: Identifier? = nil) -> CouponFacts {
    var facts = CouponFacts()
    for coupon in coupons {
      Array(coupon.user.utf8).withUnsafeBytes { user in
        Array((coupon.digest ?? "").utf8).withUnsafeBytes { digest in
          facts.append(
            campaign: other ?? campaign.id, sequence: coupon.sequence, user: user,
            ordinal: coupon.ordinal, issuedAt: Instant(milliseconds: coupon.milliseconds),
            record: coupon.digest == nil ? nil : (digest, digest))
        }
      }
    }
    return facts
  }

  func apply(
    _ facts: CouponFacts, as reconciler: String = "one", from: Int, to: Int
  ) async throws(PostgresError) -> CellStore.Application {
    try await store.apply(
      facts, to: cell, as: reconciler, hold: .seconds(1),
      from: CellRecord.Cursor(milliseconds: from, sequence: 0),
      to: CellRecord.Cursor(milliseconds: to, sequence: 0))
  }

  func cursor() async throws -> Int { try await store.find(cell)!.cursor.milliseconds }

  func couponCount() async throws -> Int {
    try await pool.query("select count(*) from spillway.coupons")[0].decode(0)
  }

  func issued() async throws -> Int {
    try await pool.query("select issued from spillway.campaigns")[0].decode(0)
  }
}
