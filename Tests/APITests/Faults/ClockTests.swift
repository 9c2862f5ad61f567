import Domain
import Services
import TestSupport
import Testing

@testable import API

/// A node whose clock is wrong: when anything is open, and until when, is for Redis' clock to say.
@Suite struct ClockTests {
  /// Half of what the clock is off by: nothing is as near to now as a wrong node believes.
  private static let near = Duration.seconds(1800)

  @Test(arguments: [-3600, 3600])
  func `a node whose clock is an hour off opens and closes nothing at another time`(
    seconds: Int
  ) async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let clock = WallClock { WallClock.system.now() + .seconds(seconds) }
      try await withAnotherNode(beside: shop.api.services, clock: clock) { node in
        let api = try APIUnderTest(
          SpillwayRoutes.table, services: node, loop: shop.api.loop, settings: APISettings(),
          idempotency: node.idempotency)
        defer { api.server.close() }
        let wrong = Shop(
          api: api, daemon: shop.daemon, redis: shop.redis, database: shop.database,
          proxy: shop.proxy)
        try await checkCampaigns(shop, wrong)
        try await checkSales(shop, wrong)
        try await checkRooms(shop, wrong)
      }
    }
  }

  /// A campaign that opens and closes so far from now.
  private func campaign(
    _ shop: Shop, opensIn: Duration, closesIn: Duration, room: String? = nil
  ) async throws -> String {
    let now = WallClock.system.now()
    let made = try await shop.manage(
      "POST", "/v1/admin/campaigns",
      [
        "name": "Hour", "quantity": 100, "per_user_limit": 1, "opens_at": "\(now + opensIn)",
        "closes_at": "\(now + closesIn)", "room_id": JSONValue(room),
        "discount": ["type": "amount", "value": 100, "currency": "KRW"],
      ])
    return try #require(made["campaign_id"]?.string)
  }

  private func checkCampaigns(_ shop: Shop, _ wrong: Shop) async throws {
    let (near, far) = (Self.near, Duration.seconds(100_000))
    let open = try await campaign(shop, opensIn: .zero - near, closesIn: near)
    let early = try await campaign(shop, opensIn: near, closesIn: far)
    let late = try await campaign(shop, opensIn: .zero - far, closesIn: .zero - near)
    for (campaign, status, code) in [
      (open, 201, nil), (early, 403, "NOT_OPEN"), (late, 410, "CLOSED"),
    ] as [(String, Int, String?)] {
      for (node, user) in [(shop, "right"), (wrong, "wrong")] {
        let answer = try await eventually("a decision") {
          let answer = try await node.claim(campaign, user)
          return answer.status == 503 ? nil : answer
        }
        #expect(answer.status == status, "\(user): \(answer.text)")
        #expect(answer.code == code)
        guard status == 201 else { continue }
        try expectNow(answer, "issued_at")
      }
    }
  }

  private func checkSales(_ shop: Shop, _ wrong: Shop) async throws {
    let now = WallClock.system.now()
    let open = try await shop.sale(
      ["a": 5], ["opens_at": "\(now - Self.near)", "closes_at": "\(now + Self.near)"])
    let early = try await shop.sale(
      ["a": 1],
      ["opens_at": "\(now + Self.near)", "closes_at": "\(now + Self.near + Self.near)"],
      awaiting: "SCHEDULED")
    for (node, user) in [(shop, "right"), (wrong, "wrong")] {
      let answer = try await eventually("a decision") {
        let answer = try await node.order(Shop.body([("a", 1)], sale: open), user)
        return answer.status == 503 ? nil : answer
      }
      #expect(answer.status == 201, "\(user): \(answer.text)")
      try expectNow(answer, "reserved_until", ahead: .seconds(600))
      let refused = try await eventually("a decision") {
        let answer = try await node.order(Shop.body([("a", 1)], sale: early), user)
        return answer.status == 503 ? nil : answer
      }
      #expect(refused.status == 403, "\(user): \(refused.text)")
      #expect(refused.code == "NOT_OPEN")
      // Whichever node it was ordered from, it can be paid at either.
      try await shop.credit(user, 10_000)
      let order = try #require(try answer.json["data"]?["order_id"]?.string)
      let paid = try await wrong.pay(order, user)
      #expect(paid.status == 200, "\(user): \(paid.text)")
    }
  }

  private func checkRooms(_ shop: Shop, _ wrong: Shop) async throws {
    let opensAt = WallClock.system.now() + Self.near
    let closed = try await room(shop, ["opens_at": "\(opensAt)"])
    let open = try await room(shop)
    let (right, other) = (RoomsUnderTest(api: shop.api), RoomsUnderTest(api: wrong.api))
    for (rooms, user) in [(right, "right"), (other, "wrong")] {
      let waiting = try await rooms.ticket(closed, user: user)
      #expect(try await rooms.poll(closed, waiting).json["data"]?["status"] == "WAITING")
      let ticket = try await rooms.ticket(open, user: user)
      let admission = try await rooms.admission(open, ticket)
      let admitted = try await rooms.poll(open, ticket)
      try expectNow(admitted, "admitted_until", ahead: .seconds(600))
      // The admission counts at both, for as long as it says.
      let path = try await campaign(
        shop, opensIn: .zero - Self.near, closesIn: Self.near, room: open)
      for rooms in [right, other] {
        let claimed = try await eventually("a decision") {
          let answer = try await rooms.claim(
            "/v1/campaigns/\(path)/coupons", user: user, admission: admission)
          return answer.status == 503 ? nil : answer
        }
        #expect([200, 201].contains(claimed.status), "\(user): \(claimed.text)")
      }
    }
  }

  private func room(_ shop: Shop, _ members: [String: JSONValue] = [:]) async throws -> String {
    let made = try await shop.manage("POST", "/v1/admin/rooms", RoomsUnderTest.body(members))
    let room = try #require(made["room_id"]?.string)
    let rooms = RoomsUnderTest(api: shop.api)
    try await eventually("the room") { try await rooms.join(room, user: "first").status == 201 }
    return room
  }

  /// A time in an answer is what it should be by the true clock, give or take some minutes.
  private func expectNow(
    _ answer: HTTPTestResponse, _ name: String, ahead: Duration = .zero,
    location: SourceLocation = #_sourceLocation
  ) throws {
    let text = try #require(try answer.json["data"]?[name]?.string, sourceLocation: location)
    let time = try #require(Instant(text), sourceLocation: location)
    let distance = time - (WallClock.system.now() + ahead)
    #expect(
      abs(distance.components.seconds) < 300, "\(name) is \(text)", sourceLocation: location)
  }
}
