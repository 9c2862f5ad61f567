import Domain
import Embedded
import EventLoop
import Redis
import TestSupport
import Testing

@testable import API

/// A Redis that answers nobody for a while: what was asked meanwhile ends in time, and nothing is lost.
@Suite struct SlowRedisTests {
  private static let deadline = Duration.seconds(1)
  /// How long Redis hangs, in seconds: longer than any request may take.
  private static let pause = 6
  private static let buyers = 40

  private static let options = RedisServer.Options(
    fsync: .never, configuration: ["enable-debug-command yes"])

  /// An answer, and whether Redis still hung when it came.
  private struct Answer {
    let response: HTTPTestResponse
    let isEarly: Bool
  }

  @Test func `claims and orders end in time while Redis hangs, and each is made once after it`()
    async throws
  {
    try await withShop(
      deadline: Self.deadline, redis: Self.options,
      configure: { configuration in
        // Few may wait, so that most are told at once.
        configuration.claimLimits.maximumBatch = 4
        configuration.claimLimits.maximumWaiting = 8
      }
    ) { shop in
      try await shop.stock("a", 100)
      let campaign = try await shop.campaign(limit: 1)
      _ = try await shop.claimed(campaign, "first")
      try await eventually("an order") {
        try await shop.order(Shop.body([("a", 1)]), "first", key: "first").status == 201
      }
      try await hanging(shop) { isHanging in
        try await eventually("the first refusal") {
          try await shop.claim(campaign, "first").status == 503
        }
        let answers = try await together(shop, 2 * Self.buyers) { number in
          let response = try await request(number, campaign, shop)
          return Answer(response: response, isEarly: isHanging())
        }
        for answer in answers {
          #expect(answer.isEarly, "\(answer.response.text)")
          try expectRefusal(answer.response)
        }
        // Not Redis' business: it is answered as ever.
        #expect(try await shop.api.ask("GET", "/healthz").status == 200)
      }
      try await finish(campaign, shop)
    }
  }

  /// A claim, or an order under a key of its own.
  private func request(
    _ number: Int, _ campaign: String, _ shop: Shop
  ) async throws -> HTTPTestResponse {
    let user = "user\(number / 2)"
    return number % 2 == 0
      ? try await shop.claim(campaign, user)
      : try await shop.order(Shop.body([("a", 1)]), user, key: "key-\(user)")
  }

  private func expectRefusal(_ response: HTTPTestResponse) throws {
    #expect(response.status == 503, "\(response.text)")
    #expect(response.code == "INTERNAL_RETRYABLE")
    #expect(response.headers["retry-after"] != nil)
  }

  /// All ask again as they were told to: whatever Redis had done of it already is not done twice.
  private func finish(_ campaign: String, _ shop: Shop) async throws {
    let answers = try await together(shop, 2 * Self.buyers) { number in
      try await eventually(within: .seconds(60), "a decision") {
        let response = try await request(number, campaign, shop)
        return response.status == 503 ? nil : response
      }
    }
    var (coupons, orders) = (Set<String>(), Set<String>())
    for answer in answers {
      #expect([200, 201].contains(answer.status), "\(answer.text)")
      let data = try answer.json["data"]
      if let coupon = data?["coupon_id"]?.string { coupons.insert(coupon) }
      if let order = data?["order_id"]?.string { orders.insert(order) }
    }
    #expect(coupons.count == Self.buyers && orders.count == Self.buyers)
    // One of each is the first user's.
    try await eventually("the counts") {
      try await shop.level("a") == [100 - Self.buyers - 1, Self.buyers + 1, 0]
    }
    try await eventually("all orders in the ledger") {
      let count = try await SharedServers.psql(
        url: shop.database, "select count(*) from spillway.orders")
      return count == "\(Self.buyers + 1)\n"
    }
    let last = try await shop.claim(campaign, "last").json["data"]
    #expect(last?["sequence"]?.integer == Self.buyers + 2)
  }

  @Test func `a room answers polls from memory while Redis hangs, and gives its tickets after it`()
    async throws
  {
    try await withShop(deadline: Self.deadline, redis: Self.options) { shop in
      let made = try await shop.manage(
        "POST", "/v1/admin/rooms", RoomsUnderTest.body(["capacity": 1]))
      let room = try #require(made["room_id"]?.string)
      let rooms = RoomsUnderTest(api: shop.api)
      try await eventually("the room") { try await rooms.join(room, user: "first").status == 201 }
      let ticket = try await rooms.ticket(room, user: "second")
      try await eventually("a place") {
        try await rooms.poll(room, ticket).json["data"]?["position"] == 1
      }
      try await hanging(shop) { isHanging in
        // At once: what a node remembers of a room is good for some seconds.
        let poll = try await rooms.poll(room, ticket)
        if isHanging() {
          #expect(poll.status == 200, "\(poll.text)")
          #expect(try poll.json["data"]?["position"] == 1)
        }
        try await eventually("the first refusal") {
          try await rooms.join(room, user: "third").status == 503
        }
        let answers = try await together(shop, 15) { number in
          let response = try await rooms.join(room, user: "user\(2 * number)")
          return Answer(response: response, isEarly: isHanging())
        }
        for answer in answers {
          #expect(answer.isEarly, "\(answer.response.text)")
          try expectRefusal(answer.response)
        }
      }
      // The place is still there, and all who were told to come again get one behind it.
      let again = try await eventually(within: .seconds(60), "the place") {
        let response = try await rooms.join(room, user: "second")
        return try response.json["data"]?["ticket"]?.string
      }
      #expect(again == ticket)
      let numbers = try await together(shop, 15) { number in
        try await eventually(within: .seconds(60), "a ticket") {
          let response = try await rooms.join(room, user: "user\(2 * number)")
          return try response.json["data"]?["number"]?.integer
        }
      }
      #expect(Set(numbers).count == 15 && numbers.allSatisfy { $0 > 2 })
    }
  }

  /// Has the shop's Redis answer nobody during `body`, and waits until it is over.
  private func hanging(
    _ shop: Shop, _ body: (_ isHanging: @escaping () -> Bool) async throws -> Void
  ) async throws {
    let client = RedisClient(
      configuration: try .init(url: shop.redis.url), loop: shop.api.loop, name: "sleep")
    client.start()
    defer { client.close() }
    try await client.whenReady(deadline: .seconds(10))
    var isHanging = true
    let sleep = shop.api.loop.spawn {
      _ = try? await client.send(
        RedisCommand("DEBUG", "SLEEP", Self.pause), timeout: .seconds(60))
      isHanging = false
    }
    try await body { isHanging }
    await sleep.value
  }
}
