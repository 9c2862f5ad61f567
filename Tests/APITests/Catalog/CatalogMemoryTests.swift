import Domain
import TestSupport
import Testing

@testable import API
@testable import Services

/// Answers of the catalogue that a node or a client has already.
@Suite struct CatalogMemoryTests {
  @Test func `who has an answer already is told so without a body, until something changes`()
    async throws
  {
    try await withShop { shop in
      let id = try await shop.addProduct("a", quantity: 3)
      for path in ["/v1/products", "/v1/products/\(id)", "/v1/categories"] {
        var tag = ""
        try await eventually("\(path) has settled") {
          let first = try await shop.look(path)
          let again = try await shop.look(path)
          tag = try #require(first.headers["etag"])
          return first.headers["etag"] == again.headers["etag"]
        }
        // Weak: two answers differ in the ids of their requests.
        #expect(tag.hasPrefix("W/\"") && tag.hasSuffix("\""))
        for field in [tag, String(tag.dropFirst(2)), "\"x\", \(tag)", "*"] {
          let answer = try await shop.look(path, [("If-None-Match", field)])
          #expect(answer.status == 304, "\(path) \(field)")
          #expect(answer.body.isEmpty && answer.headers["content-type"] == nil)
          #expect(answer.headers["etag"] == tag)
          #expect(answer.headers["vary"] == "Accept-Language, Authorization")
          #expect(answer.headers["cache-control"]?.hasPrefix("public") == true)
          #expect(answer.headers["x-request-id"] != nil)
        }
        let other = try await shop.look(path, [("If-None-Match", "\"x\"")])
        #expect(
          other.status == 200 && other.headers["cache-control"]?.contains("no-store") == false)
        #expect(try other.json["request_id"]?.string == other.headers["x-request-id"])
      }
      let tag = try #require(try await shop.look("/v1/products/\(id)").headers["etag"])
      try await shop.manage(
        "PATCH", "/v1/admin/products/\(id)", ["name": "Renamed"], status: 200)
      try await eventually("the change is told") {
        let answer = try await shop.look("/v1/products/\(id)", [("If-None-Match", tag)])
        return try answer.status == 200 && answer.json["data"]?["name"] == "Renamed"
      }
      let korean = try await shop.look("/v1/products/\(id)", [("Accept-Language", "ko")])
      #expect(korean.status == 200)
    }
  }

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
      for number in 0..<8 { products.append(try await shop.addProduct("p\(number)", quantity: 5)) }
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
                  "market": "KR",
                  "amount": Int.random(in: 0..<4, using: &random) == 0
                    ? .null : .integer(.random(in: 1...9, using: &random)),
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

  @Test func `who asks after a change shares no query that was begun before it`() async throws {
    // Who waits for a lock holds up nobody behind it, however long it takes to open a connection.
    try await withShop(configure: {
      $0.database.pipelineDepth = 1
      $0.database.poolSize = 8
      $0.database.waitTimeout = .seconds(20)
      $0.database.statementTimeout = .seconds(60)
    }) { shop in
      let id = try #require(Identifier(try await shop.addProduct("a")))
      let node = shop.api.services
      let tenant = try #require(TenantID("shop"))
      let pages = PageMemory(pool: node.database, loop: node.loop)
      let query = CatalogQuery(market: Market("KR")!, sort: .newest, limit: 5)
      var answers: [[Identifier]] = []
      let asking = try await node.database.transaction { transaction in
        _ = try await transaction.query(
          "lock table spillway.product_listings in access exclusive mode")
        var asking: [Task<Void, Never>] = []
        // So many ask for a page of a generation, and so many queries there are then.
        for (generation, queries) in [(1, 1), (1, 1), (2, 2), (2, 2)] {
          asking.append(
            node.loop.spawn {
              let places = try? await pages.places(query, of: tenant, generation: generation)
              answers.append(places?.map(\.product) ?? [])
            })
          try await eventually("\(queries) queries wait") {
            // Asked outside: within a transaction the first answer stays.
            let waiting = try await node.database.query(
              """
              select from pg_stat_activity where datname = current_database()
                and wait_event_type = 'Lock' and query like 'select l.product_id, 0::bigint%'
              """)
            return waiting.count == queries
          }
        }
        return asking
      }
      for task in asking { await task.value }
      #expect(answers == Array(repeating: [id], count: 4))
    }
  }
}
