import Domain
import TestSupport
import Testing

@testable import API

/// Changes whose requests are over before what they wait for has come about.
@Suite struct OverdueChangeTests {
  @Test func `a change that is cut short while it waits for its cell lets its loop go on`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let sale = try await shop.sale(["a": 3])
      let campaign = try await shop.campaign()
      let coupon = try await shop.claimed(campaign)
      _ = try await shop.claimed(campaign, "eve")
      try await shop.recorded(2, of: campaign)
      let made = try await shop.manage("POST", "/v1/admin/rooms", RoomsUnderTest.body())
      let room = try #require(made["room_id"]?.string)
      // From here on nobody tells cells and rooms of a change.
      await shop.daemon.stop()
      var settings = APISettings()
      settings.limits.requestDeadline = .milliseconds(250)
      let hasty = try APIUnderTest(
        SpillwayRoutes.table, services: shop.api.services, loop: shop.api.loop, settings: settings)
      defer { hasty.server.close() }
      let reason: JSONValue = ["reason": "leaked"]
      for (method, path, body) in [
        ("POST", "campaigns", CampaignReaderTests.minimal),
        ("PATCH", "campaigns/\(campaign)", ["name": "Later"]),
        ("PATCH", "sales/\(sale)", ["name": "Later"]),
        ("PATCH", "rooms/\(room)", ["capacity": 7]),
        ("POST", "skus/a/stock-adjustments", ["quantity": 1, "reason": "delivery"]),
        ("POST", "campaigns/\(campaign)/coupons/\(coupon)/recall", reason),
        ("POST", "campaigns/\(campaign)/users/eve/recall", reason),
        ("POST", "campaigns/\(campaign)/recall", reason),
      ] as [(String, String, JSONValue)] {
        let answer = try await hasty.ask(
          method, "/v1/admin/\(path)", token: "shop:\(Shop.admin)", body: body.jsonText)
        #expect(answer.status == 503, "\(method) \(path): \(answer.text)")
        #expect(try await hasty.ask("GET", "/healthz").status == 200)
      }
    }
  }
}
