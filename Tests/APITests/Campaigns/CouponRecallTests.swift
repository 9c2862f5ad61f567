import Domain
import HotPath
import Postgres
import Redis
import Services
import TestSupport
import Testing

@testable import API

/// Coupons that are taken back one by one, and from one user, on a whole shop.
@Suite struct CouponRecallTests {
  private func reason(_ response: HTTPTestResponse) throws -> JSONValue? {
    try response.json["error"]?["details"]?["reason"]
  }

  @Test func `one coupon that was taken back is worthless at once, and goes on to count`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 30_000)
      let campaign = try await shop.campaign(limit: 2)
      let first = try await shop.claimed(campaign, key: "first")
      let second = try await shop.claimed(campaign, key: "second")
      try await shop.recorded(2, of: campaign)
      for _ in 0..<2 {
        let recalled = try await shop.recall(campaign, coupon: second)
        #expect(recalled.status == 200, "\(recalled.text)")
        #expect(try recalled.json["data"]?["status"] == "RECALLED")
        #expect(try recalled.json["data"]?["user_id"] == "bob")
      }
      // At the limit: the one that is left, and the other one's key is told what became of it.
      let again = try await shop.claim(campaign)
      #expect(again.status == 200, "\(again.text)")
      #expect(try again.json["data"]?["coupon_id"]?.string == first)
      let replay = try await shop.claim(campaign, key: "second")
      #expect(replay.status == 410 && replay.code == "EXPIRED", "\(replay.text)")
      #expect(try reason(replay) == "recalled")
      #expect(try await shop.claim(campaign, key: "first").status == 201)
      let order = try await shop.order(Shop.body([("a", 1)], coupon: second))
      #expect(order.status == 410, "\(order.text)")
      #expect(try reason(order) == "recalled")
      // With the last one gone there is none to be had.
      #expect(try await shop.recall(campaign, coupon: first).status == 200)
      let none = try await shop.claim(campaign)
      #expect(none.status == 410 && none.code == "EXPIRED", "\(none.text)")
      #expect(try reason(none) == "recalled")
      // Others are served as before.
      #expect(try await shop.claim(campaign, "eve").status == 201)
      try await shop.recorded(3, of: campaign)
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `all coupons of one user go at once, also those on their way into the ledger`()
    async throws
  {
    try await withShop { shop in
      let campaign = try await shop.campaign(limit: 3)
      let eves = try await shop.claimed(campaign, "eve")
      for _ in 0..<2 { _ = try await shop.claim(campaign) }
      // Not waited for: the ledger may have none of them.
      let recalled = try await shop.recall(campaign, user: "bob", key: "k")
      #expect(recalled.status == 200, "\(recalled.text)")
      let data = try #require(try recalled.json["data"])
      #expect(data["coupons"]?.array?.map { $0["status"] } == ["RECALLED", "RECALLED"])
      #expect(
        Set(data.object!.names)
          == Set(CampaignSchema.couponsOfUser.definition["properties"]!.object!.names))
      let again = try await shop.recall(campaign, user: "bob", key: "k")
      #expect(try again.json["data"] == data, "\(again.text)")
      // What counts is what was issued: the third is still to be had, and is not recalled.
      #expect(try await shop.claim(campaign).status == 201)
      try await shop.recorded(4, of: campaign)
      let list = try await shop.get("/v1/coupons", "bob:USER")
      #expect(
        try list.json["data"]?.array?.map { $0["status"] } == ["ISSUED", "RECALLED", "RECALLED"])
      #expect(try await shop.get("/v1/coupons/\(eves)", "eve:USER").text.contains("ISSUED"))
      let stranger = try await shop.recall(campaign, user: "nobody")
      #expect(try stranger.json["data"]?["coupons"] == [])
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a used coupon stays used, and does not come back when its order is undone`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 30_000)
      let campaign = try await shop.campaign(limit: 1)
      let coupon = try await shop.claimed(campaign)
      let placed = try await shop.order(Shop.body([("a", 1)], coupon: coupon))
      let order = try #require(try placed.json["data"]?["order_id"]?.string, "\(placed.text)")
      try await shop.credit("bob", 29_000)
      #expect(try await shop.pay(order).status == 200)
      let recalled = try await shop.recall(campaign, coupon: coupon)
      #expect(try recalled.json["data"]?["status"] == "USED", "\(recalled.text)")
      #expect(try await shop.status(of: order) == "PAID")
      #expect(try await shop.undo("cancel", order).status == 200)
      #expect(try await shop.balance("bob") == 29_000)
      let held = try await shop.get("/v1/coupons/\(coupon)", "bob:USER")
      #expect(try held.json["data"]?["status"] == "RECALLED", "\(held.text)")
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `a pending order cannot be paid with a coupon that was taken back`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 30_000)
      let campaign = try await shop.campaign()
      let coupon = try await shop.claimed(campaign)
      let placed = try await shop.order(Shop.body([("a", 1)], coupon: coupon))
      let order = try #require(try placed.json["data"]?["order_id"]?.string, "\(placed.text)")
      try await shop.credit("bob", 29_000)
      #expect(try await shop.recall(campaign, user: "bob").status == 200)
      let refused = try await shop.pay(order)
      #expect(refused.status == 409, "\(refused.text)")
      #expect(try await shop.balance("bob") == 29_000)
    }
  }

  @Test func `what is not there, or not the caller's, cannot be taken back`() async throws {
    try await withShop { shop in
      let campaign = try await shop.campaign()
      let other = try await shop.campaign()
      let coupon = try await shop.claimed(campaign)
      try await shop.recorded(1, of: campaign)
      let unknown = "0195d2e0-0000-7000-8000-000000000000"
      #expect(try await shop.recall(other, coupon: coupon).status == 404)
      #expect(try await shop.recall(campaign, coupon: unknown).status == 404)
      #expect(try await shop.recall(campaign, coupon: "nonsense").status == 404)
      #expect(try await shop.recall(unknown, user: "bob").status == 404)
      #expect(try await shop.recall(campaign, coupon: coupon, by: "bob:USER").status == 403)
      #expect(try await shop.recall(campaign, user: "bob", by: "cs:CS_AGENT").status == 403)
      #expect(try await shop.recall(campaign, user: "bob", reason: "").status == 400)
      let foreign = try await shop.api.ask(
        "POST", "/v1/admin/campaigns/\(campaign)/users/bob/recall", host: "other.test",
        token: "other:ann:APP_ADMIN", body: #"{"reason":"mine"}"#)
      #expect(foreign.status == 404)
      #expect(try await shop.get("/v1/coupons/\(coupon)").text.contains("ISSUED"))
    }
  }

  @Test func `nobody is told that there is no coupon while a wiped one is on its way`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 30_000)
      let campaign = try await shop.campaign()
      let node = shop.api.services
      try await node.database.transaction { transaction in
        // Facts of its coupons wait for it; who only looks at it does not.
        _ = try await transaction.query("select from spillway.campaigns for share")
        let coupon = try await shop.claimed(campaign)
        try await eventually("the coupon's fact waits") {
          // Asked outside: within a transaction the first answer stays.
          let waiting = try await node.database.query(
            """
            select from pg_stat_activity where datname = current_database()
              and wait_event_type = 'Lock' and query like '%apply_coupon_facts%'
            """)
          return !waiting.isEmpty
        }
        let lease = CellKeys(CellName("shop.kr")!).lease
        _ = try await node.redis.client(for: lease).send(RedisCommand("FLUSHALL"))
        let recalled = try await shop.recall(campaign, user: "bob")
        #expect(recalled.status == 503, "\(recalled.text)")
        let order = try await shop.order(Shop.body([("a", 1)], coupon: coupon))
        #expect(order.status == 503, "\(order.text)")
      }
      let recalled = try await eventually("the cell is rebuilt") {
        let answer = try await shop.recall(campaign, user: "bob")
        return answer.status == 503 ? nil : answer
      }
      #expect(recalled.status == 200, "\(recalled.text)")
      let list = try await shop.get("/v1/coupons", "bob:USER")
      #expect(try list.json["data"]?.array?.allSatisfy { $0["status"] == "RECALLED" } == true)
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `one coupon is found while it is on its way, and is not said not to exist`()
    async throws
  {
    try await withShop { shop in
      let campaign = try await shop.campaign()
      let first = try await shop.claimed(campaign, "eve")
      try await shop.recorded(1, of: campaign)
      // Nobody takes it into the ledger before the test says so.
      await shop.daemon.stop()
      let coupon = try await shop.claimed(campaign)
      let unknown = "0195d2e0-0000-7000-8000-000000000000"
      func statuses(_ id: String) async throws -> [Int] {
        [
          try await shop.get("/v1/coupons/\(id)").status,
          try await shop.recall(campaign, coupon: id).status,
        ]
      }
      #expect(try await statuses(coupon) == [503, 503])
      // These are on no way.
      #expect(try await shop.get("/v1/coupons/\(first)").status == 404)
      #expect(try await statuses(unknown) == [404, 404])
      // Of the campaign as far as the id goes, but nobody's.
      let id = try #require(Identifier(campaign))
      let time = try #require(Identifier(first)?.time)
      let forged = (1...3).map { sequence in
        CouponIdentity.identifier(
          campaign: id, sequence: sequence, issuedAt: time + .milliseconds(1)
        ).description
      }
      let other = try shop.startReconciler()
      let held = try await eventually("the coupon arrives") {
        let answer = try await shop.get("/v1/coupons/\(coupon)")
        return answer.status == 503 ? nil : answer
      }
      #expect(held.status == 200, "\(held.text)")
      let recalled = try await shop.recall(campaign, coupon: coupon)
      #expect(try recalled.json["data"]?["status"] == "RECALLED", "\(recalled.text)")
      for id in forged { #expect(try await statuses(id) == [404, 404]) }
      await other.stop()
      let lease = CellKeys(CellName("shop.kr")!).lease
      _ = try await shop.api.services.redis.client(for: lease).send(RedisCommand("FLUSHALL"))
      for id in forged { #expect(try await statuses(id) == [503, 503]) }
      #expect(try await statuses(coupon) == [200, 200])
    }
  }

  @Test func `nobody is told that there is no coupon by a server that was cut off`() async throws {
    try await withShop { shop in
      let campaign = try await shop.campaign()
      let coupon = try await shop.claimed(campaign)
      try await shop.recorded(1, of: campaign)
      let id = try #require(Identifier(campaign))
      let time = try #require(Identifier(coupon)?.time)
      let forged = "\(CouponIdentity.identifier(campaign: id, sequence: 2, issuedAt: time))"
      func statuses() async throws -> [Int] {
        [
          try await shop.get("/v1/coupons/\(forged)").status,
          try await shop.recall(campaign, coupon: forged).status,
          try await shop.recall(campaign, user: "eve").status,
        ]
      }
      #expect(try await statuses() == [404, 404, 200])
      await shop.daemon.stop()
      // The ledger vouches for another server from now on, and the node talks to the old one.
      _ = try await shop.api.services.database.query("update spillway.cells set epoch = epoch + 1")
      #expect(try await statuses() == [503, 503, 503])
    }
  }

  @Test func `what was taken back stays so when Redis has lost everything`() async throws {
    try await withShop { shop in
      let campaign = try await shop.campaign(limit: 1)
      let gone = try await shop.campaign(limit: 1)
      let coupon = try await shop.claimed(campaign, key: "bobs")
      _ = try await shop.claimed(gone)
      _ = try await shop.claimed(campaign, "eve")
      try await shop.recorded(2, of: campaign)
      try await shop.recorded(1, of: gone)
      #expect(try await shop.recall(campaign, coupon: coupon).status == 200)
      #expect(try await shop.recall(gone).status == 200)
      let redis = shop.api.services.redis
      let lease = CellKeys(CellName("shop.kr")!).lease
      _ = try await redis.client(for: lease).send(RedisCommand("FLUSHALL"))
      for key in [nil, "bobs"] {
        let answer = try await eventually(within: .seconds(30), "the cell is rebuilt") {
          let answer = try await shop.claim(campaign, key: key)
          return answer.status == 503 ? nil : answer
        }
        #expect(answer.status == 410 && answer.code == "EXPIRED", "\(answer.text)")
      }
      #expect(try await shop.claim(campaign, "eve").status == 200)
      #expect(try await shop.claim(gone).code == "CLOSED")
      #expect(try await shop.claim(gone, "eve").code == "CLOSED")
      #expect(try await shop.breaches() == [])
    }
  }
}
