import Domain
import Redis
import TestSupport
import Testing

@testable import API

/// Campaigns whose coupons end before they would close.
@Suite struct ExpiredCampaignTests {
  private func change(_ shop: Shop, _ campaign: String, expiresAt: Instant) async throws {
    try await shop.manage(
      "PATCH", "/v1/admin/campaigns/\(campaign)", ["expires_at": "\(expiresAt)"], status: 200)
    try await shop.untilTold()
  }

  private func expectClosed(_ shop: Shop, _ campaign: String, _ user: String) async throws {
    let refused = try await shop.claim(campaign, user)
    #expect(refused.status == 410 && refused.code == "CLOSED", "\(refused.text)")
  }

  @Test func `no coupon is issued that has expired`() async throws {
    try await withShop { shop in
      let now = WallClock.system.now()
      let over = try await shop.campaign(expiresAt: now - .seconds(1))
      try await expectClosed(shop, over, "bob")
      let issued = try await shop.manage("GET", "/v1/admin/campaigns/\(over)", status: 200)
      #expect(issued["issued"] == 0 && issued["remaining"] == 1_000)
      // A longer life opens it again.
      try await change(shop, over, expiresAt: now + .seconds(3_600))
      #expect(try await shop.claim(over, "bob").status == 201)
      try await OrderTotalsRoutesTests.expectSound(shop)
    }
  }

  @Test func `a change that ends the coupons ends the campaign, but not what was granted`()
    async throws
  {
    try await withShop { shop in
      let now = WallClock.system.now()
      let campaign = try await shop.campaign(expiresAt: now + .seconds(3_600))
      let coupon = try await shop.claimed(campaign, key: "k")
      try await change(shop, campaign, expiresAt: now - .seconds(1))
      try await expectClosed(shop, campaign, "eve")
      let replay = try await shop.claim(campaign, key: "k")
      #expect(replay.status == 201, "\(replay.text)")
      #expect(replay.headers["idempotent-replayed"] == "true")
      #expect(try replay.json["data"]?["coupon_id"] == .string(coupon))
    }
  }

  @Test func `a cell that is rebuilt issues none of them either`() async throws {
    try await withShop { shop in
      let campaign = try await shop.campaign(expiresAt: WallClock.system.now() - .seconds(1))
      let open = try await shop.campaign()
      _ = try await shop.claimed(open)
      try await shop.recorded(1, of: open)
      _ = try await shop.api.services.redis.client(for: Array("any".utf8)).send(
        RedisCommand("FLUSHALL"))
      _ = try await shop.claimed(open, "eve")
      try await expectClosed(shop, campaign, "eve")
      try await OrderTotalsRoutesTests.expectSound(shop)
    }
  }
}
