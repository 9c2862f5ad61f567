import Domain
import TestSupport
import Testing

@testable import API
@testable import Services

@Suite struct CatalogRoutesTests {
  // MARK: Goods

  /// Adds a product with one SKU of the same name that is sold in KR; returns its id.
  @discardableResult
  private func add(
    _ shop: Shop, _ sku: String, price: Int = 1000, _ members: [String: JSONValue] = [:],
    quantity: Int? = nil, tenant: String = "shop"
  ) async throws -> String {
    var draft = JSONObject()
    draft["name"] = .string("Thing \(sku)")
    for (name, value) in members { draft[name] = value }
    let product = try await shop.manage(
      "POST", "/v1/admin/products", .object(draft), tenant: tenant)
    try await shop.manage(
      "POST", "/v1/admin/skus",
      [
        "sku": .string(sku), "product_id": product["product_id"]!,
        "prices": [["market": "KR", "amount": .integer(price), "currency": "KRW"]],
      ], tenant: tenant)
    if let quantity { try await shop.receive(sku, quantity, tenant: tenant) }
    return try #require(product["product_id"]?.string)
  }

  /// Opens a campaign of coupons for some goods; returns its id.
  private func campaign(_ shop: Shop, _ eligibility: JSONValue) async throws -> JSONValue {
    let now = WallClock.system.now()
    let campaign = try await shop.manage(
      "POST", "/v1/admin/campaigns",
      [
        "name": "Spring", "quantity": 100, "per_user_limit": 1,
        "opens_at": "\(now - .seconds(60))", "closes_at": "\(now + .seconds(3600))",
        "discount": ["type": "amount", "value": 1000, "currency": "KRW"],
        "eligibility": eligibility,
      ])
    return try #require(campaign["campaign_id"])
  }

  private func ids(
    _ shop: Shop, _ query: String, tenant: String = "shop"
  ) async throws -> [String] {
    let answer = try await shop.get("/v1/products?\(query)", nil, tenant: tenant)
    #expect(answer.status == 200, "\(answer.text)")
    return try answer.json["data"]?.array?.compactMap { $0["product_id"]?.string } ?? []
  }

  private func ask(
    _ shop: Shop, _ path: String, _ headers: [(String, String)] = [], token: String? = nil
  ) async throws -> HTTPTestResponse {
    try await shop.api.ask("GET", path, token: token, headers: headers)
  }

  /// Returns when what was in memory before is as old as it may become.
  private func second(on shop: Shop) async throws {
    let end = shop.api.loop.milliseconds + StockMemory.lifeMilliseconds
    try await eventually("a second is over") { shop.api.loop.milliseconds > end }
  }

  /// Korean in a query.
  private func encoded(_ text: String) -> String {
    text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

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
      let id = try await add(
        shop, "run-42", price: 900,
        [
          "texts": ["ko": ["name": "운동화", "description": "가벼운 신발"], "en": ["name": "Runner"]],
          "categories": ["running"],
        ], quantity: 5)
      let sale = try await shop.sale(["run-42": 2], price: 700)
      let campaign = try await self.campaign(shop, ["categories": ["shoes"]])
      _ = try await self.campaign(shop, ["products": ["another"]])
      let told = try await eventually("promotions and stock are seen") { () -> JSONValue? in
        let answer = try await ask(shop, "/v1/products/\(id)")
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

      let korean = try await ask(
        shop, "/v1/products/\(id)", [("Accept-Language", "ko-KR,en;q=0.5")])
      #expect(try korean.json["data"]?["name"] == "운동화")
      #expect(try korean.json["data"]?["description"] == "가벼운 신발")
      let list = try await ask(shop, "/v1/products", [("Accept-Language", "ko")])
      #expect(try list.json["data"]?.array?.map { $0["name"] } == ["운동화"])
      let entry = try #require(try list.json["data"]?.array?.first?.object)
      #expect(
        Set(entry.names) == Set(CatalogSchema.entry.definition["properties"]!.object!.names))
      let tree = try await ask(shop, "/v1/categories", [("Accept-Language", "ko")])
      #expect(
        try tree.json["data"] == [
          ["slug": "shoes", "name": "신발", "parent": .null],
          ["slug": "running", "name": "running", "parent": "shoes"],
        ])
      // A token is welcome, and a false one is not.
      #expect(try await ask(shop, "/v1/products", token: "shop:bob:USER").status == 200)
      #expect(try await ask(shop, "/v1/products", token: "other:bob:USER").status == 401)
    }
  }

  @Test func `words in Korean and English find, categories and orders narrow`() async throws {
    try await withShop { shop in
      try await shop.manage("POST", "/v1/admin/categories", ["slug": "shoes"])
      let runner = try await add(
        shop, "a", price: 300,
        [
          "texts": ["ko": ["name": "하얀 운동화"], "en": ["name": "White runner"]],
          "categories": ["shoes"],
        ])
      let boots = try await add(
        shop, "b", price: 100, ["texts": ["ko": ["name": "가죽부츠"], "en": ["name": "Boots"]]])
      let draft = try await add(shop, "c", price: 200, ["status": "draft"])
      for (query, found) in [
        ("q=runn", [runner]), ("q=\(encoded("운동"))", [runner]), ("q=\(encoded("동화"))", [runner]),
        ("q=\(encoded("부츠"))", [boots]), ("q=white+boots", []), ("category=shoes", [runner]),
        ("category=none", []), ("category=shoes&q=boots", []), ("sort=price", [boots, runner]),
        ("sort=-price", [runner, boots]), ("sort=newest", [boots, runner]), ("market=US", []),
        ("sort=price&limit=1", [boots]),
      ] as [(String, [String])] {
        #expect(try await ids(shop, query) == found, "\(query)")
      }
      #expect(try await ask(shop, "/v1/products/\(draft)").status == 404)
      for (query, field) in [
        ("sort=name", "sort"), ("category=Shoes", "category"), ("market=x", "market"),
        ("limit=0", "limit"), ("limit=201", "limit"), ("cursor=x", "cursor"),
        ("q=\(String(repeating: "x", count: 101))", "q"), ("q=%00", "q"), ("q=a&q=b", "q"),
        ("sort=newest&cursor=price.1.\(runner)", "cursor"),
      ] {
        let answer = try await ask(shop, "/v1/products?\(query)")
        #expect(answer.status == 400 && answer.field == field, "\(query): \(answer.text)")
      }
      #expect(try await ask(shop, "/v1/products/\(boots)?market=US").status == 404)
      #expect(try await ask(shop, "/v1/products/nonsense").status == 404)
    }
  }

  @Test func `pages follow each other while products come and go`() async throws {
    try await withShop { shop in
      var random = SeededGenerator("pages over the wire")
      var stays: Set<String> = []
      for number in 0..<12 {
        stays.insert(
          try await add(shop, "s\(number)", price: .random(in: 1...3, using: &random) * 100))
      }
      let goes = try await add(shop, "goes", price: 200)
      var seen: [String] = []
      var cursor: String?
      repeat {
        let answer = try await ask(
          shop, "/v1/products?sort=price&limit=5\(cursor.map { "&cursor=\($0)" } ?? "")")
        #expect(answer.status == 200)
        seen += try answer.json["data"]?.array?.compactMap { $0["product_id"]?.string } ?? []
        cursor = try answer.json["next_cursor"]?.string
        if seen.count == 5 {
          try await shop.manage(
            "PATCH", "/v1/admin/products/\(goes)", ["status": "retired"], status: 200)
          for price in [50, 200, 900] { try await add(shop, "n\(price)", price: price) }
        }
      } while cursor != nil
      #expect(Set(seen).count == seen.count)
      #expect(stays.isSubset(of: seen))
    }
  }

  @Test func `who has an answer already is told so without a body, until something changes`()
    async throws
  {
    try await withShop { shop in
      let id = try await add(shop, "a", quantity: 3)
      for path in ["/v1/products", "/v1/products/\(id)", "/v1/categories"] {
        var tag = ""
        try await eventually("\(path) has settled") {
          let first = try await ask(shop, path)
          let again = try await ask(shop, path)
          tag = try #require(first.headers["etag"])
          return first.headers["etag"] == again.headers["etag"]
        }
        #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
        for field in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
          let answer = try await ask(shop, path, [("If-None-Match", field)])
          #expect(answer.status == 304, "\(path) \(field)")
          #expect(answer.body.isEmpty && answer.headers["content-type"] == nil)
          #expect(answer.headers["etag"] == tag)
          #expect(answer.headers["vary"] == "Accept-Language, Authorization")
          #expect(answer.headers["cache-control"]?.hasPrefix("public") == true)
          #expect(answer.headers["x-request-id"] != nil)
        }
        let other = try await ask(shop, path, [("If-None-Match", "\"x\"")])
        #expect(
          other.status == 200 && other.headers["cache-control"]?.contains("no-store") == false)
        #expect(try other.json["request_id"]?.string == other.headers["x-request-id"])
      }
      let tag = try #require(try await ask(shop, "/v1/products/\(id)").headers["etag"])
      try await shop.manage(
        "PATCH", "/v1/admin/products/\(id)", ["name": "Renamed"], status: 200)
      try await eventually("the change is told") {
        let answer = try await ask(shop, "/v1/products/\(id)", [("If-None-Match", tag)])
        return try answer.status == 200 && answer.json["data"]?["name"] == "Renamed"
      }
      let korean = try await ask(shop, "/v1/products/\(id)", [("Accept-Language", "ko")])
      #expect(korean.status == 200)
    }
  }

  @Test func `another tenant's catalogue does not exist`() async throws {
    try await withShop { shop in
      try await shop.manage("POST", "/v1/admin/categories", ["slug": "mine"], tenant: "other")
      let id = try await add(shop, "x", ["categories": ["mine"]], quantity: 3, tenant: "other")
      #expect(try await ids(shop, "", tenant: "other") == [id])
      #expect(try await ids(shop, "") == [])
      #expect(try await ids(shop, "q=thing") == [])
      #expect(try await ids(shop, "category=mine") == [])
      #expect(try await ask(shop, "/v1/products/\(id)").status == 404)
      #expect(try await ask(shop, "/v1/categories").json["data"] == [])
      #expect(
        try await shop.api.ask(
          "PATCH", "/v1/admin/categories/mine", token: "shop:\(Shop.admin)",
          body: #"{"position":1}"#
        ).status == 404)
    }
  }

  // MARK: What a cell decides

  @Test func `stock is told as it is, and a sale price is what an order is charged`() async throws {
    try await withShop { shop in
      let id = try await add(shop, "a", price: 1000, quantity: 10)
      func shown() async throws -> JSONValue {
        try #require(try await ask(shop, "/v1/products/\(id)").json["data"])
      }
      try await eventually("all is in stock") { try await shown()["available"] == 10 }
      #expect(try await shop.order(Shop.body([("a", 4)])).status == 201)
      // Something older than a second may be in memory now: it is told before the second is over, or never.
      _ = try await shown()
      try await second(on: shop)
      #expect(try await shown()["available"] == 6)
      let now = WallClock.system.now()
      let ends = now + .seconds(3)
      try await shop.manage(
        "PATCH", "/v1/admin/skus/a",
        [
          "sale_prices": [
            [
              "market": "KR", "amount": 600, "currency": "KRW", "starts_at": "\(now + .seconds(1))",
              "ends_at": "\(ends)",
            ]
          ]
        ], status: 200)
      var charged: Set<Int> = []
      while WallClock.system.now() < ends + .seconds(2) {
        let before = try await shown()
        let answer = try await shop.order(
          Shop.body([("a", 1)]), "u\(UInt64.random(in: 0...UInt64.max))")
        let after = try await shown()
        if answer.status == 410 {
          try await shop.receive("a", 50)
          continue
        }
        let paid = try #require(try answer.json["data"]?["subtotal"]?["amount"]?.integer)
        charged.insert(paid)
        // What an order is charged was shown just before, or is from then on within a second.
        func price(_ data: JSONValue) -> Int? {
          (data["sale_price"]?["amount"] ?? data["price"]?["amount"])?.integer
        }
        if price(before) != paid, price(after) != paid {
          try await second(on: shop)
          let shownNow = price(try await shown())
          // Unless it changed once more.
          let again = try await shop.order(
            Shop.body([("a", 1)]), "u\(UInt64.random(in: 0...UInt64.max))")
          let paidNow = try again.json["data"]?["subtotal"]?["amount"]?.integer
          #expect(shownNow == paid || shownNow == paidNow)
        }
      }
      #expect(charged == [600, 1000])
      let last = try await shown()
      #expect(last["price"]?["amount"] == 1000 && last["sale_price"] == .null)
      let list = try await ask(shop, "/v1/products")
      #expect(try list.json["data"]?.array?.first?["price"]?["amount"] == 1000)
    }
  }

  @Test func `while a cell is closed its stock is unknown, and the rest is told`() async throws {
    try await withShop { shop in
      let id = try await add(shop, "a", quantity: 3)
      try await eventually("stock is told") {
        try await ask(shop, "/v1/products/\(id)").json["data"]?["available"] == 3
      }
      await shop.redis.stop()
      try await eventually("stock is unknown") {
        let answer = try await ask(shop, "/v1/products/\(id)")
        return try answer.status == 200 && answer.json["data"]?["available"] == .null
          && answer.json["data"]?["price"]?["amount"] == 1000
      }
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
      let id = try await add(
        shop, "a", ["texts": ["ko": ["name": "신", "description": .string(long)]]])
      let list = try await ask(shop, "/v1/products", [("Accept-Language", "ko")])
      let text = try list.json["data"]?.array?.first?["description"]?.string
      #expect(text?.count == CatalogView.excerptLength && text?.last == "…")
      #expect(text.map { long.hasPrefix($0.dropLast()) } == true)
      let one = try await ask(shop, "/v1/products/\(id)", [("Accept-Language", "ko")])
      #expect(try one.json["data"]?["description"]?.string == long)
    }
  }

  // MARK: Memory

  @Test func `answers from memory are those that are made anew`() async throws {
    try await withShop { shop in
      var random = SeededGenerator("memory and ledger")
      let node = shop.api.services
      let tenant = TenantID("shop")!
      let slugs = ["c0", "c1", "c2"]
      for slug in slugs {
        try await shop.manage("POST", "/v1/admin/categories", ["slug": .string(slug)])
      }
      var products: [String] = []
      for number in 0..<8 { products.append(try await add(shop, "p\(number)", quantity: 5)) }
      for _ in 0..<40 {
        let place = Int.random(in: 0..<products.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
          try await shop.manage(
            "PATCH", "/v1/admin/products/\(products[place])",
            ["name": .string("Name \(random.next() % 1000)")], status: 200)
        case 1:
          try await shop.manage(
            "PATCH", "/v1/admin/products/\(products[place])",
            [
              "categories": [.string(slugs.randomElement(using: &random)!)],
              "status": Bool.random(using: &random) ? "active" : "retired",
            ], status: 200)
        case 2:
          try await shop.manage(
            "PATCH", "/v1/admin/skus/p\(place)",
            [
              "prices": [
                [
                  "market": "KR", "amount": .integer(.random(in: 1...9, using: &random)),
                  "currency": "KRW",
                ]
              ]
            ], status: 200)
        case 3:
          _ = try await shop.order(Shop.body([("p\(place)", 1)]))
        default:
          // Refused where it would make a ring.
          _ = try await shop.api.ask(
            "PATCH", "/v1/admin/categories/\(slugs.randomElement(using: &random)!)",
            token: "shop:\(Shop.admin)",
            body: #"{"parent":"\#(slugs.randomElement(using: &random)!)"}"#)
        }
        let query = CatalogQuery(
          market: Market("KR")!, sort: CatalogSort.allCases.randomElement(using: &random)!,
          category: Bool.random(using: &random) ? CategorySlug(slugs[0]) : nil,
          search: Bool.random(using: &random) ? "thing" : nil, limit: 5)
        try await eventually("memory says what the ledger and the cell say") {
          let known = try await node.catalog.page(query, of: tenant).value
          let fresh = CatalogService(
            pool: node.database, openStock: node.openStock, loop: node.loop, clock: node.clock)
          return try await fresh.page(query, of: tenant).value == known
        }
      }
    }
  }
}
