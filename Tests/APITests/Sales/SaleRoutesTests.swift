import Domain
import TestSupport
import Testing

@testable import API

@Suite struct SaleRoutesTests {
  private static let path = "/v1/admin/sales"

  private func ask(
    _ shop: Shop, _ method: String, _ path: String, _ body: JSONValue? = nil,
    _ user: String = "mia:MARKETING_MANAGER"
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask(method, path, token: "shop:\(user)", body: body?.jsonText)
  }

  private func body(_ sku: String = "a", opensIn: Duration = .seconds(600)) -> JSONValue {
    let now = WallClock.system.now()
    return [
      "name": "Spring", "opens_at": "\(now + opensIn)", "closes_at": "\(now + .seconds(3600))",
      "items": [
        ["sku": .string(sku), "quantity": 3, "price": ["amount": 900, "currency": "KRW"]]
      ],
    ]
  }

  @Test func `a sale is created, read, changed and listed`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let created = try await ask(shop, "POST", Self.path, body())
      #expect(created.status == 201, "\(created.text)")
      let sale = try #require(try created.json["data"])
      let id = try #require(sale["sale_id"]?.string)
      #expect(Identifier(id)?.version == 7)
      #expect(sale["state"] == "SCHEDULED")
      #expect(sale["market"] == "KR")
      #expect(sale["cell"] == "shared")
      #expect(sale["cell_name"] == "shop.kr")
      let read = try await ask(shop, "GET", "\(Self.path)/\(id)", nil, "olga:APP_OPERATOR")
      #expect(try read.json["data"] == sale)
      let changed = try await ask(
        shop, "PATCH", "\(Self.path)/\(id)",
        ["name": "Later", "opens_at": "\(WallClock.system.now() - .seconds(1))"])
      #expect(changed.status == 200, "\(changed.text)")
      #expect(try changed.json["data"]?["name"] == "Later")
      try await eventually("it opens") {
        try await ask(shop, "GET", "\(Self.path)/\(id)").json["data"]?["state"] == "OPEN"
      }
      #expect(try await shop.level("a") == [7, 0, 0])
      #expect(try await shop.level("a", sale: id) == [3, 0, 0])
      let opening = try await ask(
        shop, "PATCH", "\(Self.path)/\(id)",
        ["opens_at": "\(WallClock.system.now() + .seconds(60))"])
      #expect(opening.status == 400)
      #expect(opening.field == "opens_at")

      let second = try await ask(shop, "POST", Self.path, body())
      let page = try await ask(shop, "GET", "\(Self.path)?limit=1")
      #expect(
        try page.json["data"]?.array?.first?["sale_id"] == second.json["data"]?["sale_id"])
      let cursor = try #require(try page.json["next_cursor"]?.string)
      let rest = try await ask(shop, "GET", "\(Self.path)?cursor=\(cursor)")
      #expect(try rest.json["data"]?.array?.first?["sale_id"] == .string(id))
    }
  }

  @Test func `a closed sale gives its stock back and stays as it is`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let sale = try await shop.sale(["a": 4], ["reservation_seconds": 1])
      #expect(try await shop.order(Shop.body([("a", 1)], sale: sale)).status == 201)
      try await shop.manage(
        "PATCH", "\(Self.path)/\(sale)",
        ["closes_at": "\(WallClock.system.now() - .milliseconds(1))"], status: 200)
      try await eventually(within: .seconds(20), "the stock is back") {
        try await shop.level("a") == [10, 0, 0]
      }
      try await eventually("it is closed") {
        try await ask(shop, "GET", "\(Self.path)/\(sale)").json["data"]?["state"] == "CLOSED"
      }
      let late = try await ask(shop, "PATCH", "\(Self.path)/\(sale)", ["name": "Again"])
      #expect(late.status == 409)
      #expect(late.code == "CONFLICT")
    }
  }

  @Test func `what cannot be sold is refused`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      try await shop.stock("x", 10, tenant: "other")
      for sku in ["x", "y"] {
        let response = try await ask(shop, "POST", Self.path, body(sku))
        #expect(response.status == 400)
        #expect(response.field == "items.0.sku")
      }
      let over = CampaignReaderTests.replacing(
        "closes_at", in: body(opensIn: .seconds(-100)),
        by: "\(WallClock.system.now() - .seconds(10))")
      #expect(try await ask(shop, "POST", Self.path, over).field == "closes_at")
      let wrong = CampaignReaderTests.replacing("acknowledge", in: body(), by: "later")
      #expect(try await ask(shop, "POST", Self.path, wrong).field == "acknowledge")
    }
  }

  @Test func `another tenant's sale does not exist, and not everybody writes`() async throws {
    try await withShop { shop in
      try await shop.stock("x", 10, tenant: "other")
      let foreign = try await shop.sale(["x": 1], tenant: "other")
      for id in [foreign, "nonsense", "0195d2e0-0000-7000-8000-000000000000"] {
        #expect(try await ask(shop, "GET", "\(Self.path)/\(id)").status == 404, "\(id)")
        #expect(
          try await ask(shop, "PATCH", "\(Self.path)/\(id)", ["name": "x"]).status == 404, "\(id)")
      }
      #expect(try await ask(shop, "GET", Self.path).json["data"] == [])
      for user in ["bob:USER", "ivy:INVENTORY_MANAGER", "carl:CS_AGENT", "olga:APP_OPERATOR"] {
        #expect(try await ask(shop, "POST", Self.path, body(), user).status == 403, "\(user)")
      }
    }
  }
}
