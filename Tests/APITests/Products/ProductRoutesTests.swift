import Domain
import TestSupport
import Testing

@testable import API

@Suite struct ProductRoutesTests {
  private static let prices: JSONValue = [["market": "KR", "amount": 100, "currency": "KRW"]]

  private func ask(
    _ shop: Shop, _ method: String, _ path: String, _ body: JSONValue?,
    _ user: String = "ivy:INVENTORY_MANAGER"
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask(
      method, "/v1/admin/\(path)", token: "shop:\(user)", body: body?.jsonText)
  }

  @Test func `products and SKUs are created, read, changed and listed`() async throws {
    try await withShop { shop in
      let created = try await ask(shop, "POST", "products", ["name": "운동화"])
      #expect(created.status == 201, "\(created.text)")
      let product = try #require(try created.json["data"])
      let id = try #require(product["product_id"]?.string)
      #expect(Identifier(id)?.version == 7)
      #expect(try await ask(shop, "GET", "products/\(id)", nil).json["data"] == product)
      let renamed = try await ask(shop, "PATCH", "products/\(id)", ["name": "Runner"])
      #expect(renamed.status == 200)
      #expect(try renamed.json["data"]?["name"] == "Runner")
      #expect(
        try await ask(shop, "GET", "products", nil).json["data"]?.array?.first?["product_id"]
          == .string(id))

      let draft: JSONValue = ["sku": "run-42", "product_id": .string(id), "prices": Self.prices]
      let added = try await ask(shop, "POST", "skus", draft)
      #expect(added.status == 201, "\(added.text)")
      let sku = try #require(try added.json["data"])
      #expect(sku["name"] == "run-42")
      #expect(sku["prices"] == Self.prices)
      #expect(
        Set(sku.object!.names) == Set(ProductSchema.sku.definition["properties"]!.object!.names))
      #expect(try await ask(shop, "GET", "skus/run-42", nil).json["data"] == sku)
      #expect(try await ask(shop, "POST", "skus", draft).status == 409)
      let changed = try await ask(
        shop, "PATCH", "skus/run-42",
        ["name": "Runner 42", "prices": [["market": "US", "amount": 9900, "currency": "USD"]]])
      #expect(changed.status == 200)
      #expect(try changed.json["data"]?["name"] == "Runner 42")
      #expect(try changed.json["data"]?["prices"]?.array?.count == 2)
      _ = try await ask(
        shop, "POST", "skus", ["sku": "run-43", "product_id": .string(id), "prices": Self.prices])
      let page = try await ask(shop, "GET", "skus?product_id=\(id)&limit=1", nil)
      #expect(try page.json["data"]?.array?.map { $0["sku"] } == ["run-42"])
      #expect(try page.json["next_cursor"] == "run-42")
      let rest = try await ask(shop, "GET", "skus?cursor=run-42", nil)
      #expect(try rest.json["data"]?.array?.map { $0["sku"] } == ["run-43"])
    }
  }

  @Test func `texts, status, categories and sale prices are set, kept and taken away`()
    async throws
  {
    try await withShop { shop in
      try await shop.manage(
        "POST", "/v1/admin/categories", ["slug": "shoes", "names": ["en": "Shoes"]])
      let created = try await ask(
        shop, "POST", "products",
        [
          "texts": ["ko": ["name": "운동화", "description": "가벼운\n신발"], "en": ["name": "Runner"]],
          "categories": ["shoes"], "status": "draft",
        ])
      #expect(created.status == 201, "\(created.text)")
      let product = try #require(try created.json["data"])
      #expect(product["name"] == "Runner" && product["status"] == "draft")
      #expect(product["texts"]?["ko"]?["description"] == "가벼운\n신발")
      #expect(product["categories"] == ["shoes"])
      let id = try #require(product["product_id"]?.string)
      let changed = try await ask(
        shop, "PATCH", "products/\(id)", ["texts": ["ko": nil], "status": "active"])
      #expect(try changed.json["data"]?["texts"]?.object?.names == ["en"])
      #expect(try changed.json["data"]?["categories"] == ["shoes"])
      #expect(try changed.json["data"]?["status"] == "active")

      let sale: JSONValue = [
        "market": "KR", "amount": 70, "currency": "KRW", "starts_at": "2026-01-01T00:00:00.000Z",
        "ends_at": "2126-01-01T00:00:00.000Z",
      ]
      let sku = try await ask(
        shop, "POST", "skus",
        [
          "sku": "run-42", "product_id": .string(id), "prices": Self.prices, "sale_prices": [sale],
        ])
      #expect(sku.status == 201, "\(sku.text)")
      #expect(try sku.json["data"]?["sale_prices"] == [sale])
      let renamed = try await ask(shop, "PATCH", "skus/run-42", ["name": "x"])
      #expect(try renamed.json["data"]?["sale_prices"] == [sale])
      let none = try await ask(shop, "PATCH", "skus/run-42", ["sale_prices": []])
      #expect(try none.json["data"]?["sale_prices"] == [])

      func replacing(_ name: String, _ value: JSONValue?) -> JSONValue {
        var object = sale.object!
        object[name] = value
        return .object(object)
      }
      for (sales, field) in [
        ([replacing("ends_at", "2026-01-01T00:00:00Z")], "sale_prices.0.ends_at"),
        ([replacing("amount", -1)], "sale_prices.0.amount"),
        ([replacing("market", "US")], "sale_prices"),
        ([replacing("currency", "USD")], "sale_prices"),
        ([replacing("starts_at", nil)], "sale_prices.0.starts_at"),
        ([sale, sale], "sale_prices.1"),
      ] as [([JSONValue], String)] {
        let answer = try await ask(shop, "PATCH", "skus/run-42", ["sale_prices": .array(sales)])
        #expect(answer.status == 400 && answer.field == field, "\(answer.text)")
      }
      for (body, field) in [
        (["texts": ["fr": ["name": "x"]]], "texts.fr"), (["texts": ["ko": [:]]], "texts.ko.name"),
        (["status": "gone"], "status"), (["categories": ["bags"]], "categories"),
        (["categories": ["Bags"]], "categories.0"),
        (["categories": ["shoes", "shoes"]], "categories.1"),
      ] as [(JSONValue, String)] {
        let answer = try await ask(shop, "PATCH", "products/\(id)", body)
        #expect(answer.status == 400 && answer.field == field, "\(answer.text)")
      }
    }
  }

  @Test func `what is wrong is named`() async throws {
    try await withShop { shop in
      let product = try await shop.manage("POST", "/v1/admin/products", ["name": "Shoe"])
      let id = product["product_id"]!
      let base: JSONValue = ["sku": "a", "product_id": id, "prices": Self.prices]
      for (field, value, named) in [
        ("sku", nil, "sku"), ("sku", "a b", "sku"), ("product_id", "x", "product_id"),
        ("product_id", "0195d2e0-0000-7000-8000-000000000000", "product_id"),
        ("name", "", "name"), ("prices", nil, "prices"), ("prices", [], "prices"),
        ("prices", [["market": "KR", "amount": -1, "currency": "KRW"]], "prices.0.amount"),
        ("prices", [["market": "kr", "amount": 1, "currency": "KRW"]], "prices.0.market"),
        ("prices", [["market": "KR", "amount": 1, "currency": "EUR"]], "prices.0.currency"),
      ] as [(String, JSONValue?, String)] {
        let body = CampaignReaderTests.replacing(field, in: base, by: value)
        let response = try await ask(shop, "POST", "skus", body)
        #expect(response.status == 400, "\(body)")
        #expect(response.field == named, "\(body)")
      }
      #expect(try await ask(shop, "POST", "products", [:]).field == "name")
      #expect(try await ask(shop, "POST", "skus", base).status == 201)
      for (body, field) in [
        ([:], "body"), (["sku": "b"], "body"), (["sku": "b", "name": "x"], "sku"),
        (["name": nil], "name"), (["prices": nil], "prices"),
      ] as [(JSONValue, String)] {
        let response = try await ask(shop, "PATCH", "skus/a", body)
        #expect(response.status == 400)
        #expect(response.field == field, "\(body)")
      }
      #expect(try await ask(shop, "GET", "skus?product_id=x", nil).field == "product_id")
    }
  }

  @Test func `another tenant's products do not exist, and not everybody writes`() async throws {
    try await withShop { shop in
      let product = try await shop.manage(
        "POST", "/v1/admin/products", ["name": "Shoe"], tenant: "other")
      let id = try #require(product["product_id"]?.string)
      try await shop.stock("x", 1, tenant: "other")
      for path in ["products/\(id)", "products/nonsense", "skus/x", "skus/y", "skus/a%20b"] {
        #expect(try await ask(shop, "GET", path, nil).status == 404, "\(path)")
        #expect(try await ask(shop, "PATCH", path, ["name": "n"]).status == 404, "\(path)")
      }
      #expect(try await ask(shop, "GET", "products", nil).json["data"] == [])
      let foreign = try await ask(
        shop, "POST", "skus", ["sku": "a", "product_id": .string(id), "prices": Self.prices])
      #expect(foreign.field == "product_id")
      for user in ["bob:USER", "mia:MARKETING_MANAGER", "carl:CS_AGENT"] {
        #expect(try await ask(shop, "POST", "products", ["name": "x"], user).status == 403)
      }
    }
  }

  @Test func `what sells best is told, over all cells of the market`() async throws {
    try await withShop { shop in
      let none = try await shop.get("/v1/products/popular", nil)
      #expect(none.status == 200)
      #expect(try none.json["data"] == [])
      for number in 1...6 {
        try await shop.stock("s\(number)", 100)
        if number > 1 {
          #expect(try await shop.order(Shop.body([("s\(number)", 2 * number)])).status == 201)
        }
      }
      let sale = try await shop.sale(["s2": 50], ["cell": "own"])
      #expect(try await shop.order(Shop.body([("s2", 30)], sale: sale)).status == 201)
      let pieces = try await eventually("the answer is made anew") { () -> [JSONValue]? in
        let page = try await shop.get("/v1/products/popular?market=KR", nil)
        let pieces = try page.json["data"]?.array ?? []
        return pieces.first?["quantity"] == 34 ? pieces : nil
      }
      #expect(pieces.map { $0["quantity"] } == [34, 12, 10, 8, 6])
      #expect(pieces.allSatisfy { $0["name"] == "Shoe" })
      #expect(try await shop.get("/v1/products/popular?market=US", nil).json["data"] == [])
      #expect(try await shop.get("/v1/products/popular?market=x", nil).status == 400)
    }
  }
}
