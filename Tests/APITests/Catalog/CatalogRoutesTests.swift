import Domain
import TestSupport
import Testing

@testable import API
@testable import Services

@Suite struct CatalogRoutesTests {
  // MARK: Reading

  @Test
  func `a product is told with its texts, prices, stock and promotions, in the language asked`()
    async throws
  {
    try await withShop { shop in
      try await shop.manage(
        "POST", "/v1/admin/categories", ["slug": "shoes", "names": ["en": "Shoes", "ko": "신발"]])
      try await shop.manage(
        "POST", "/v1/admin/categories", ["slug": "running", "parent": "shoes"])
      let id = try await shop.addProduct(
        "run-42", price: 900,
        [
          "texts": ["ko": ["name": "운동화", "description": "가벼운 신발"], "en": ["name": "Runner"]],
          "categories": ["running"],
        ], quantity: 5)
      let sale = try await shop.sale(["run-42": 2], price: 700)
      let campaign = try await shop.openCampaign(for: ["categories": ["shoes"]])
      _ = try await shop.openCampaign(for: ["products": ["another"]])
      let told = try await eventually("promotions and stock are seen") { () -> JSONValue? in
        let answer = try await shop.look("/v1/products/\(id)")
        let data = try answer.json["data"]
        let isAll =
          data?["sale_ids"]?.array?.count == 1 && data?["available"] == 3
          && data?["campaign_ids"]?.array?.count == 1
        return isAll ? data : nil
      }
      #expect(
        Set(told.object!.names)
          == Set(CatalogSchema.product.definition["properties"]!.object!.names))
      #expect(told["name"] == "Runner" && told["description"] == "")
      #expect(told["categories"] == ["running"])
      #expect(told["price"] == ["amount": 900, "currency": "KRW"])
      #expect(told["sale_price"] == .null)
      #expect(told["skus"]?.array?.first?["available"] == 3)
      #expect(told["sale_ids"] == [.string(sale)])
      #expect(told["promotions"]?["sales"]?.array?.first?["price"]?["amount"] == 700)
      #expect(told["campaign_ids"] == [campaign])
      #expect(told["promotions"]?["coupons"]?.array?.count == 1)

      let korean = try await shop.look(
        "/v1/products/\(id)", [("Accept-Language", "ko-KR,en;q=0.5")])
      #expect(try korean.json["data"]?["name"] == "운동화")
      #expect(try korean.json["data"]?["description"] == "가벼운 신발")
      let list = try await shop.look("/v1/products", [("Accept-Language", "ko")])
      #expect(try list.json["data"]?.array?.map { $0["name"] } == ["운동화"])
      let entry = try #require(try list.json["data"]?.array?.first?.object)
      #expect(
        Set(entry.names) == Set(CatalogSchema.entry.definition["properties"]!.object!.names))
      let tree = try await shop.look("/v1/categories", [("Accept-Language", "ko")])
      #expect(
        try tree.json["data"] == [
          ["slug": "shoes", "name": "신발", "parent": .null],
          ["slug": "running", "name": "running", "parent": "shoes"],
        ])
      // A token is welcome, and a false one is not.
      #expect(try await shop.look("/v1/products", token: "shop:bob:USER").status == 200)
      #expect(try await shop.look("/v1/products", token: "other:bob:USER").status == 401)
    }
  }

  @Test func `words in Korean and English find, categories and orders narrow`() async throws {
    try await withShop { shop in
      try await shop.manage("POST", "/v1/admin/categories", ["slug": "shoes"])
      let runner = try await shop.addProduct(
        "a", price: 300,
        [
          "texts": ["ko": ["name": "하얀 운동화"], "en": ["name": "White runner"]],
          "categories": ["shoes"],
        ])
      let boots = try await shop.addProduct(
        "b", price: 100, ["texts": ["ko": ["name": "가죽부츠"], "en": ["name": "Boots"]]])
      let draft = try await shop.addProduct("c", price: 200, ["status": "draft"])
      for (query, found) in [
        ("q=runn", [runner]), ("q=\(percentEncoded("운동"))", [runner]),
        ("q=\(percentEncoded("동화"))", [runner]),
        ("q=\(percentEncoded("부츠"))", [boots]), ("q=white+boots", []), ("category=shoes", [runner]),
        ("category=none", []), ("category=shoes&q=boots", []), ("sort=price", [boots, runner]),
        ("sort=-price", [runner, boots]), ("sort=newest", [boots, runner]), ("market=US", []),
        ("sort=price&limit=1", [boots]),
      ] as [(String, [String])] {
        #expect(try await shop.productIDs(query) == found, "\(query)")
      }
      #expect(try await shop.look("/v1/products/\(draft)").status == 404)
      for (query, field) in [
        ("sort=name", "sort"), ("category=Shoes", "category"), ("market=x", "market"),
        ("limit=0", "limit"), ("limit=201", "limit"), ("cursor=x", "cursor"),
        ("q=\(String(repeating: "x", count: 101))", "q"), ("q=%00", "q"), ("q=a&q=b", "q"),
        ("sort=newest&cursor=price.1.\(runner)", "cursor"),
      ] {
        let answer = try await shop.look("/v1/products?\(query)")
        #expect(answer.status == 400 && answer.field == field, "\(query): \(answer.text)")
      }
      #expect(try await shop.look("/v1/products/\(boots)?market=US").status == 404)
      #expect(try await shop.look("/v1/products/nonsense").status == 404)
    }
  }

  @Test func `pages follow each other while products come and go`() async throws {
    try await withShop { shop in
      var random = SeededGenerator("pages over the wire")
      var stays: Set<String> = []
      for number in 0..<12 {
        stays.insert(
          try await shop.addProduct("s\(number)", price: .random(in: 1...3, using: &random) * 100))
      }
      let goes = try await shop.addProduct("goes", price: 200)
      var seen: [String] = []
      var cursor: String?
      repeat {
        let answer = try await shop.look(
          "/v1/products?sort=price&limit=5\(cursor.map { "&cursor=\($0)" } ?? "")")
        #expect(answer.status == 200)
        seen += try answer.json["data"]?.array?.compactMap { $0["product_id"]?.string } ?? []
        cursor = try answer.json["next_cursor"]?.string
        if seen.count == 5 {
          try await shop.manage(
            "PATCH", "/v1/admin/products/\(goes)", ["status": "retired"], status: 200)
          for price in [50, 200, 900] { try await shop.addProduct("n\(price)", price: price) }
        }
      } while cursor != nil
      #expect(Set(seen).count == seen.count)
      #expect(stays.isSubset(of: seen))
    }
  }

  @Test func `another tenant's catalogue does not exist`() async throws {
    try await withShop { shop in
      try await shop.manage("POST", "/v1/admin/categories", ["slug": "mine"], tenant: "other")
      let id = try await shop.addProduct(
        "x", ["categories": ["mine"]], quantity: 3, tenant: "other")
      #expect(try await shop.productIDs("", tenant: "other") == [id])
      #expect(try await shop.productIDs("") == [])
      #expect(try await shop.productIDs("q=thing") == [])
      #expect(try await shop.productIDs("category=mine") == [])
      #expect(try await shop.look("/v1/products/\(id)").status == 404)
      #expect(try await shop.look("/v1/categories").json["data"] == [])
      #expect(
        try await shop.api.ask(
          "PATCH", "/v1/admin/categories/mine", token: "shop:\(Shop.admin)",
          body: #"{"position":1}"#
        ).status == 404)
    }
  }

  // MARK: Who asks

  @Test func `the market of a user's profile is the one that is shown`() async throws {
    try await withShop { shop in
      let product = try await shop.manage("POST", "/v1/admin/products", ["name": "Shoe"])
      try await shop.manage(
        "POST", "/v1/admin/skus",
        [
          "sku": "a", "product_id": product["product_id"]!,
          "prices": [
            ["market": "KR", "amount": 1000, "currency": "KRW"],
            ["market": "US", "amount": 9, "currency": "USD"],
          ],
        ])
      try await shop.receive("a", 3)
      try await shop.receive("a", 7, market: "US")
      let id = try #require(product["product_id"]?.string)
      let won: JSONValue = ["amount": 1000, "currency": "KRW"]
      let cents: JSONValue = ["amount": 9, "currency": "USD"]
      let cases: [(String?, String, JSONValue, Int)] = [
        (nil, "", won, 3), ("bob:USER:US", "", cents, 7), ("bob:USER:US", "?market=KR", won, 3),
        ("bob:USER:XX1", "", won, 3),
      ]
      for (user, query, expected, pieces) in cases {
        let name = "\(user ?? "nobody") \(query)"
        let list = try await shop.get("/v1/products\(query)", user).json["data"]?.array?.first
        #expect(list?["price"] == expected, "\(name)")
        let one = try await shop.get("/v1/products/\(id)\(query)", user).json["data"]
        #expect(one?["price"] == expected, "\(name)")
        let stock = try await shop.get("/v1/skus/a/stock\(query)", user).json["data"]
        #expect(stock?["available"] == .integer(pieces), "\(name)")
      }
    }
  }

  @Test func `lists have the beginning of a long description, one product all of it`() async throws
  {
    try await withShop { shop in
      let long = String(repeating: "가나다 ", count: 1000)
      let id = try await shop.addProduct(
        "a", ["texts": ["ko": ["name": "신", "description": .string(long)]]])
      let list = try await shop.look("/v1/products", [("Accept-Language", "ko")])
      let text = try list.json["data"]?.array?.first?["description"]?.string
      #expect(text?.count == CatalogView.excerptLength && text?.last == "…")
      #expect(text.map { long.hasPrefix($0.dropLast()) } == true)
      let one = try await shop.look("/v1/products/\(id)", [("Accept-Language", "ko")])
      #expect(try one.json["data"]?["description"]?.string == long)
    }
  }
}
