import TestSupport
import Testing

/// Claims through the whole program, on the instance that all tests share.
@Suite struct ClaimTests {
  @Test func `the first claim issues a coupon, and a repeat gets the same one`() async throws {
    let instance = try await SharedInstance.get()
    let token = try await instance.token("claims-once")
    let first = try await instance.site.claim(token: token)
    #expect(first.status == 201)
    #expect(first.headers["idempotent-replayed"] == nil)
    let coupon = try #require(first.data)
    #expect(coupon["campaign_id"] as? String == demoCampaign)
    #expect(coupon["status"] as? String == "ISSUED")
    #expect(coupon["acknowledged"] as? String == "hot")
    #expect(coupon["sequence"] as? Int ?? 0 > 0)
    #expect((coupon["issued_at"] as? String)?.hasSuffix("Z") == true)
    #expect(coupon.keys.contains("expires_at"))
    #expect(first.json["request_id"] as? String == first.headers["x-request-id"])
    let second = try await instance.site.claim(token: token)
    #expect(second.status == 200)
    #expect(second.headers["idempotent-replayed"] == "true")
    #expect(second.data?["coupon_id"] as? String == coupon["coupon_id"] as? String)
    let id = try #require(coupon["coupon_id"] as? String)
    try await eventually("the coupon's row") {
      try await instance.sql(
        "SELECT user_id FROM spillway.coupons WHERE coupon_id = '\(id)'") == "claims-once"
    }
  }

  @Test func `a key replays its response, and is refused for another request`() async throws {
    let instance = try await SharedInstance.get()
    let token = try await instance.token("key-user")
    let admin = try await instance.administrator()
    let other = try await instance.site.createCampaign(quantity: 5, token: admin)
    let key = [("X-Idempotency-Key", "one-key")]
    let first = try await instance.site.claim(token: token, headers: key)
    #expect(first.status == 201)
    #expect(first.headers["idempotent-replayed"] == nil)
    for name in ["X-Idempotency-Key", "Idempotency-Key"] {
      let replay = try await instance.site.claim(token: token, headers: [(name, "one-key")])
      #expect(replay.status == 201)
      #expect(replay.headers["idempotent-replayed"] == "true")
      #expect(replay.data?["coupon_id"] as? String == first.data?["coupon_id"] as? String)
    }
    try await eventually("the campaign in its cell") {
      try await instance.site.claim(other, token: token, headers: key).status == 422
    }
    let reused = try await instance.site.claim(other, token: token, headers: key)
    #expect(reused.errorCode == "IDEMPOTENCY_KEY_REUSE")
    // Somebody else's key of the same text is another key.
    let stranger = try await instance.token("key-stranger")
    #expect(try await instance.site.claim(token: stranger, headers: key).status == 201)
  }

  @Test(arguments: ["hot", "ledger"])
  func `a campaign sells out, and those who hold a coupon still get it`(
    _ acknowledge: String
  ) async throws {
    let instance = try await SharedInstance.get()
    let admin = try await instance.administrator()
    let campaign = try await instance.site.createCampaign(
      quantity: 3, acknowledge: acknowledge, token: admin)
    let tokens = try await instance.tokens("sold-out-\(acknowledge)-", count: 5)
    try await eventually("the campaign in its cell") {
      try await instance.site.claim(campaign, token: tokens[0]).status < 300
    }
    for number in 1..<3 {
      let response = try await instance.site.claim(campaign, token: tokens[number])
      #expect(response.status == 201)
      #expect(response.data?["sequence"] as? Int == number + 1)
      #expect(response.data?["acknowledged"] as? String == acknowledge)
      if acknowledge == "ledger" {
        // The row is there before the answer.
        let rows = try await instance.sql(
          """
          SELECT count(*) FROM spillway.coupons
          WHERE campaign_id = '\(campaign)' AND user_id = 'sold-out-ledger-\(number + 1)'
          """)
        #expect(rows == "1")
      }
    }
    for token in tokens[3...] {
      let refused = try await instance.site.claim(campaign, token: token)
      #expect(refused.status == 410)
      #expect(refused.errorCode == "SOLD_OUT")
    }
    #expect(try await instance.site.claim(campaign, token: tokens[0]).status == 200)
  }

  @Test func `only the tenant's own host and tokens are taken`() async throws {
    let instance = try await SharedInstance.get()
    let token = try await instance.token("guest")
    let site = instance.site
    #expect(try await site.claim(token: token, host: "shop.example").status == 404)
    #expect(try await site.claim(token: token, host: "LOCALHOST.:\(site.port)").status == 201)
    #expect(try await site.claim(token: token, host: "localhost").status == 200)
    let foreign = try await instance.token("guest", "--tenant", "other")
    for bad in [foreign, "\(token)x", "rubbish", nil] {
      let response = try await site.claim(token: bad)
      #expect(response.status == 401)
      #expect(response.errorCode == "UNAUTHORIZED")
      #expect(response.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
    }
    let admin = try await site.request("GET", "/v1/admin/campaigns", token: token)
    #expect(admin.status == 403)
    #expect(admin.errorCode == "FORBIDDEN")
  }

  @Test func `unknown campaigns, routes and methods are told apart`() async throws {
    let instance = try await SharedInstance.get()
    let token = try await instance.token("lost")
    let site = instance.site
    let unknown = "01900000-0000-7000-8000-00000000ffff"
    #expect(try await site.claim(unknown, token: token).errorCode == "NOT_FOUND")
    #expect(try await site.claim("no-id", token: token).status == 404)
    #expect(try await site.request("GET", "/nowhere").status == 404)
    let method = try await site.request("DELETE", "/v1/campaigns/\(demoCampaign)/coupons")
    #expect(method.status == 405)
    #expect(method.headers["allow"] == "POST")
  }
}
