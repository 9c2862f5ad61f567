import Domain
import TestSupport
import Testing

@testable import API

@Suite struct LocationRoutesTests {
  private func location(
    _ shop: Shop, _ name: String, market: String = "KR", priority: Int = 5
  ) async throws -> String {
    let made = try await shop.manage(
      "POST", "/v1/admin/locations",
      [
        "name": .string(name), "market": .string(market), "priority": .integer(priority),
      ])
    return try #require(made["location_id"]?.string)
  }

  private func ask(
    _ shop: Shop, _ method: String, _ path: String, _ body: String? = nil,
    _ user: String = "ivy:INVENTORY_MANAGER", headers: [(String, String)] = []
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask(
      method, "/v1/admin/\(path)", token: "shop:\(user)", headers: headers, body: body)
  }

  /// Pieces by name of the location.
  private func held(_ shop: Shop, _ sku: String = "a") async throws -> [String: Int] {
    let response = try await ask(shop, "GET", "skus/\(sku)/locations")
    let rows = try response.json["data"]?.array ?? []
    return Dictionary(
      uniqueKeysWithValues: rows.map { ($0["name"]!.string!, $0["quantity"]!.integer!) })
  }

  @Test func `locations are made, listed and changed`() async throws {
    try await withShop { shop in
      let made = try await ask(shop, "POST", "locations", #"{"name":"Seoul"}"#)
      #expect(made.status == 201, "\(made.text)")
      let seoul = try #require(try made.json["data"])
      #expect(
        Set(seoul.object!.names)
          == Set(LocationSchema.location.definition["properties"]!.object!.names))
      #expect(seoul["market"] == "KR" && seoul["default"] == true && seoul["priority"] == 100)
      let id = try #require(seoul["location_id"]?.string)
      let busan = try await location(shop, "Busan")
      #expect(try await ask(shop, "POST", "locations", #"{"name":"Busan"}"#).status == 409)
      #expect(
        try await ask(shop, "PATCH", "locations/\(id)", #"{"active":false}"#).field == "active")
      let changed = try await ask(
        shop, "PATCH", "locations/\(busan)", #"{"default":true,"priority":1,"name":"Port"}"#)
      #expect(try changed.json["data"]?["default"] == true && changed.status == 200)
      #expect(
        try await ask(shop, "GET", "locations/\(id)").json["data"]?["default"] == false)
      let page = try await ask(shop, "GET", "locations?market=KR&limit=1", nil, "ian:APP_OPERATOR")
      #expect(try page.json["data"]?.array?.map { $0["name"] } == ["Port"])
      let cursor = try #require(try page.json["next_cursor"]?.string)
      let rest = try await ask(shop, "GET", "locations?cursor=\(cursor)")
      #expect(try rest.json["data"]?.array?.map { $0["name"] } == ["Seoul"])

      for (body, field) in [
        ("{}", "name"), (#"{"name":""}"#, "name"), (#"{"name":"x","market":"kr"}"#, "market"),
        (#"{"name":"x","priority":-1}"#, "priority"),
      ] {
        #expect(try await ask(shop, "POST", "locations", body).field == field, "\(body)")
      }
      for (body, field) in [
        ("{}", "body"), (#"{"default":false}"#, "default"), (#"{"market":"US"}"#, "body"),
        (#"{"name":"x","market":"US"}"#, "market"), (#"{"active":1}"#, "active"),
      ] {
        #expect(
          try await ask(shop, "PATCH", "locations/\(id)", body).field == field, "\(body)")
      }
      #expect(try await ask(shop, "GET", "locations/x").status == 404)
      let foreign = try await shop.api.ask(
        "GET", "/v1/admin/locations/\(id)", host: "other.test", token: "other:\(Shop.admin)")
      #expect(foreign.status == 404)
    }
  }

  @Test func `stock is received, corrected and moved by location, with a log of who did it`()
    async throws
  {
    try await withShop { shop in
      let seoul = try await location(shop, "Seoul", priority: 1)
      let busan = try await location(shop, "Busan", priority: 2)
      let reno = try await location(shop, "Reno", market: "US")
      try await shop.stock("a", 10)
      #expect(try await held(shop) == ["Seoul": 10])
      let receipt = try await ask(
        shop, "POST", "skus/a/stock-adjustments",
        #"{"quantity":5,"reason":"delivery","location_id":"\#(busan)"}"#)
      #expect(receipt.status == 201, "\(receipt.text)")
      #expect(
        try receipt.json["data"]?["locations"]
          == [["location_id": .string(busan), "change": 5]])
      let key = [("X-Idempotency-Key", "k1")]
      let body =
        #"{"from_location_id":"\#(seoul)","to_location_id":"\#(busan)","quantity":3,"reason":"level"}"#
      let moved = try await ask(shop, "POST", "skus/a/transfers", body, headers: key)
      #expect(moved.status == 201, "\(moved.text)")
      #expect(try moved.json["data"]?["kind"] == "transfer")
      #expect(try moved.json["data"]?["state"] == "DONE")
      #expect(try await held(shop) == ["Seoul": 7, "Busan": 8])
      #expect(try await shop.level("a") == [15, 0, 0])
      let again = try await ask(shop, "POST", "skus/a/transfers", body, headers: key)
      #expect(try again.json["data"] == moved.json["data"])
      #expect(try await held(shop) == ["Seoul": 7, "Busan": 8])

      let loss = try await ask(
        shop, "POST", "skus/a/stock-adjustments",
        #"{"quantity":-8,"reason":"water","location_id":"\#(busan)"}"#)
      #expect(loss.status == 201, "\(loss.text)")
      #expect(try loss.json["data"]?["moved"] == 8)
      #expect(try await held(shop) == ["Seoul": 7, "Busan": 0])
      #expect(try await shop.level("a") == [7, 0, 0])

      // The other market sells it as well from now on.
      try await shop.manage(
        "PATCH", "/v1/admin/skus/a",
        ["prices": [["market": "US", "amount": 900, "currency": "USD"]]], status: 200)
      #expect(try await shop.order(Shop.body([("a", 4)])).status == 201)
      let abroad = try await ask(
        shop, "POST", "skus/a/transfers",
        #"{"from_location_id":"\#(seoul)","to_location_id":"\#(reno)","quantity":5,"reason":"sell there"}"#
      )
      #expect(abroad.status == 201, "\(abroad.text)")
      #expect(try abroad.json["data"]?["moved"] == 3)
      #expect(try await held(shop) == ["Seoul": 4, "Busan": 0, "Reno": 3])
      try await eventually("the other market's cell has it") {
        let stock = try await shop.get("/v1/skus/a/stock?market=US", nil)
        return try stock.status == 200 && stock.json["data"]?["available"] == 3
      }
      #expect(try await shop.level("a") == [0, 4, 0])

      let log = try await ask(shop, "GET", "skus/a/movements?limit=2", nil, "ian:APP_OPERATOR")
      let entries = try #require(try log.json["data"]?.array)
      #expect(entries.map { $0["reason"] } == ["sell there", "water"])
      #expect(entries.map { $0["actor"] } == ["ivy", "ivy"])
      #expect(
        entries[0]["locations"] == [
          ["location_id": .string(seoul), "change": -3],
          ["location_id": .string(reno), "change": 3],
        ])
      let cursor = try #require(try log.json["next_cursor"]?.string)
      let rest = try await ask(shop, "GET", "skus/a/movements?cursor=\(cursor)")
      #expect(
        try rest.json["data"]?.array?.map { $0["kind"] } == ["transfer", "receipt", "receipt"])
    }
  }

  @Test func `what does not lie there does not move`() async throws {
    try await withShop { shop in
      let seoul = try await location(shop, "Seoul")
      let busan = try await location(shop, "Busan")
      let reno = try await location(shop, "Reno", market: "US")
      try await shop.stock("a", 2)
      func transfer(_ source: String, _ target: String, _ quantity: String = "1") async throws
        -> HTTPTestResponse
      {
        try await ask(
          shop, "POST", "skus/a/transfers",
          #"{"from_location_id":"\#(source)","to_location_id":"\#(target)","quantity":\#(quantity),"reason":"r"}"#
        )
      }
      let short = try await transfer(seoul, busan, "3")
      #expect(short.status == 409 && short.code == "CONFLICT")
      #expect(try short.json["error"]?["details"]?["available"] == 2)
      #expect(try await transfer(busan, seoul).status == 409)
      #expect(try await transfer(seoul, seoul).field == "to_location_id")
      #expect(try await transfer(seoul, busan, "0").field == "quantity")
      let unknown = "0195d2e0-0000-7000-8000-000000000000"
      #expect(try await transfer(unknown, busan).field == "from_location_id")
      #expect(try await transfer(seoul, unknown).field == "to_location_id")
      // It has no price there.
      #expect(try await transfer(seoul, reno).status == 404)
      for (location, quantity, status) in [
        (reno, 1, 400), (unknown, 1, 400), (busan, -1, 409), ("x", 1, 400),
      ] {
        let response = try await ask(
          shop, "POST", "skus/a/stock-adjustments",
          #"{"quantity":\#(quantity),"reason":"r","location_id":"\#(location)"}"#)
        #expect(response.status == status, "\(location) \(quantity)")
      }
      #expect(
        try await ask(shop, "POST", "skus/a/transfers", "{}", "mia:MARKETING_MANAGER").status
          == 403)
      #expect(try await held(shop) == ["Seoul": 2])
    }
  }
}
