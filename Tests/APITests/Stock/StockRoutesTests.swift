import Domain
import HotPath
import Redis
import TestSupport
import Testing

@testable import API

@Suite struct StockRoutesTests {
  private func adjust(
    _ shop: Shop, _ body: String, sku: String = "a", _ user: String = "ivy:INVENTORY_MANAGER"
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask(
      "POST", "/v1/admin/skus/\(sku)/stock-adjustments", token: "shop:\(user)", body: body)
  }

  @Test func `anybody sees the stock, of the open stock and of a sale`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let sale = try await shop.sale(["a": 4])
      let open = try await shop.get("/v1/skus/a/stock", nil)
      #expect(open.status == 200)
      let data = try #require(try open.json["data"])
      #expect(
        Set(data.object!.names) == Set(StockSchema.level.definition["properties"]!.object!.names))
      #expect(data["sku"] == "a")
      #expect(data["available"] == 6)
      let asOf = try #require(data["as_of"]?.string.flatMap { Instant($0) })
      #expect(asOf > WallClock.system.now() - .seconds(30))
      #expect(try await shop.level("a", sale: sale) == [4, 0, 0])
      #expect(try await shop.get("/v1/skus/a/stock?market=KR", nil).status == 200)
    }
  }

  @Test func `what a cleared cell has lost is not said not to be sold`() async throws {
    try await withShop { shop in
      let id = try await shop.addProduct("a", quantity: 3)
      try await shop.untilTold()
      func put() async throws -> HTTPTestResponse {
        try await shop.api.ask(
          "PUT", "/v1/cart/items/a", token: "shop:bob:USER", body: #"{"quantity":1}"#)
      }
      func available() async throws -> JSONValue? {
        try await shop.look("/v1/products/\(id)").json["data"]?["available"]
      }
      #expect(try await put().status == 200)
      try await eventually("stock is told") { try await available() == 3 }
      // Nobody opens the cell again before the test says so.
      await shop.daemon.stop()
      let lease = CellKeys(CellName("shop.kr")!).lease
      _ = try await shop.api.services.redis.client(for: lease).send(RedisCommand("FLUSHALL"))
      let level = try await shop.get("/v1/skus/a/stock", nil)
      #expect(level.status == 503, "\(level.text)")
      let cart = try await put()
      #expect(cart.status == 503, "\(cart.text)")
      // What was remembered is told until it is too old, and what was lost never.
      let next = try await eventually("what was remembered is too old") {
        let seen = try await available()
        return seen == 3 ? nil : seen
      }
      #expect(next == .null)
      let other = try shop.startReconciler()
      try await eventually(within: .seconds(30), "the cell is rebuilt") {
        try await shop.get("/v1/skus/a/stock", nil).status == 200
      }
      #expect(try await put().status == 200)
      try await eventually("stock is told") { try await available() == 3 }
      await other.stop()
    }
  }

  @Test func `what has no stock is not found, what is no query is refused`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 1)
      try await shop.stock("x", 1, tenant: "other")
      let foreign = try await shop.sale(["x": 1], tenant: "other")
      for path in [
        "x/stock", "y/stock", "a%20b/stock", "a/stock?market=US", "a/stock?sale_id=\(foreign)",
        "a/stock?sale_id=0195d2e0-0000-7000-8000-000000000000",
      ] {
        let response = try await shop.get("/v1/skus/\(path)", nil)
        #expect(response.status == 404, "\(path)")
        #expect(response.code == "NOT_FOUND")
      }
      let sale = try await shop.sale(["a": 1])
      #expect(try await shop.get("/v1/skus/a/stock?sale_id=\(sale)&market=KR", nil).status == 200)
      for (query, field) in [
        ("market=kr", "market"), ("sale_id=x", "sale_id"),
        ("sale_id=\(sale)&market=US", "market"), ("sale_id=\(sale)&market=kr", "market"),
      ] {
        let response = try await shop.get("/v1/skus/a/stock?\(query)", nil)
        #expect(response.status == 400)
        #expect(response.field == field)
      }
    }
  }

  @Test func `a receipt comes in, a correction takes what is free`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let receipt = try await adjust(shop, #"{"quantity":5,"reason":"delivery 7"}"#)
      #expect(receipt.status == 201, "\(receipt.text)")
      let movement = try #require(try receipt.json["data"])
      #expect(
        Set(movement.object!.names)
          == Set(StockSchema.movement.definition["properties"]!.object!.names))
      #expect(movement["kind"] == "receipt")
      #expect(movement["moved"] == 5)
      #expect(movement["state"] == "DONE")
      #expect(movement["actor"] == "ivy")
      #expect(movement["reason"] == "delivery 7")
      #expect(movement["from"] == .null)
      #expect(movement["to"] == ["cell": "shop.kr", "sale_id": nil])
      #expect(try await shop.level("a") == [15, 0, 0])

      #expect(try await shop.order(Shop.body([("a", 12)])).status == 201)
      let loss = try await adjust(shop, #"{"quantity":-5,"reason":"counted"}"#)
      #expect(loss.status == 201, "\(loss.text)")
      #expect(try loss.json["data"]?["kind"] == "correction")
      #expect(try loss.json["data"]?["wanted"] == 5)
      #expect(try loss.json["data"]?["moved"] == 3)
      #expect(try loss.json["data"]?["state"] == "DONE")
      #expect(try await shop.level("a") == [0, 12, 0])
      let found = try await adjust(
        shop, #"{"quantity":2,"reason":"found","kind":"correction","market":"KR"}"#)
      #expect(try found.json["data"]?["kind"] == "correction")
      #expect(try await shop.level("a") == [2, 12, 0])

      let page = try await shop.get(
        "/v1/admin/skus/a/stock-adjustments?limit=3", "olga:APP_OPERATOR")
      #expect(page.status == 200)
      #expect(
        try page.json["data"]?.array?.map { $0["reason"] } == ["found", "counted", "delivery 7"])
      let cursor = try #require(try page.json["next_cursor"]?.string)
      let rest = try await shop.get(
        "/v1/admin/skus/a/stock-adjustments?cursor=\(cursor)", "olga:APP_OPERATOR")
      #expect(try rest.json["data"]?.array?.map { $0["reason"] } == ["delivery"])
      #expect(try rest.json["next_cursor"] == .null)
    }
  }

  // The shop under test keeps no records of requests in Redis: the ledger alone decides.
  @Test func `an adjustment with a key is booked once, also when Redis has no record of it`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 10)
      func send(_ body: String) async throws -> HTTPTestResponse {
        try await shop.api.ask(
          "POST", "/v1/admin/skus/a/stock-adjustments", token: "shop:ivy:INVENTORY_MANAGER",
          headers: [("X-Idempotency-Key", "k-1")], body: body)
      }
      let body = #"{"quantity":5,"reason":"delivery 7"}"#
      let first = try await send(body)
      #expect(first.status == 201, "\(first.text)")
      let second = try await send(body)
      #expect(second.status == 201, "\(second.text)")
      #expect(second.headers["idempotent-replayed"] == "true")
      #expect(try second.json["data"] == first.json["data"])
      #expect(try await shop.level("a") == [15, 0, 0])
      #expect(
        try await send(#"{"quantity":6,"reason":"delivery 7"}"#).code == "IDEMPOTENCY_KEY_REUSE")
    }
  }

  @Test func `adjustments that cannot be are refused`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 1)
      for (body, field) in [
        (#"{"reason":"x"}"#, "quantity"), (#"{"quantity":0,"reason":"x"}"#, "quantity"),
        (#"{"quantity":1000000001,"reason":"x"}"#, "quantity"),
        (#"{"quantity":1.5,"reason":"x"}"#, "quantity"), (#"{"quantity":1}"#, "reason"),
        (#"{"quantity":1,"reason":""}"#, "reason"),
        (#"{"quantity":-1,"reason":"x","kind":"receipt"}"#, "quantity"),
        (#"{"quantity":1,"reason":"x","kind":"gift"}"#, "kind"),
        (#"{"quantity":1,"reason":"x","market":"kr"}"#, "market"),
      ] {
        let response = try await adjust(shop, body)
        #expect(response.status == 400, "\(body)")
        #expect(response.field == field, "\(body)")
      }
      let body = #"{"quantity":1,"reason":"x"}"#
      #expect(try await adjust(shop, body, sku: "y").status == 404)
      // It has no price there.
      #expect(
        try await adjust(shop, #"{"quantity":1,"reason":"x","market":"US"}"#).status == 404)
      #expect(try await adjust(shop, body, "mia:MARKETING_MANAGER").status == 403)
      let foreign = try await shop.api.ask(
        "POST", "/v1/admin/skus/a/stock-adjustments", host: "other.test",
        token: "other:\(Shop.admin)", body: body)
      #expect(foreign.status == 404)
      #expect(try await shop.level("a") == [1, 0, 0])
    }
  }
}
