import Domain
import Postgres
import Telemetry
import TestSupport
import Testing

@testable import API
@testable import Reconciler

/// Lists in the order of what is ordered most.
@Suite struct CatalogPopularityTests {
  /// Counts what is popular now, whenever it was counted last.
  private func recount(_ shop: Shop) async throws {
    let node = shop.api.services
    _ = try await node.database.query(
      "update spillway.popularity_counts set counted_at = '-infinity'")
    let keeper = PopularityKeeper(
      redis: node.redis, pool: node.database, limits: ReconcilerLimits(),
      logger: Logger(label: "test", sink: .none))
    _ = try await keeper.runOnce()
  }

  /// The products on all pages of a list, page by page.
  private func pages(_ query: String, _ shop: Shop) async throws -> [[String]] {
    var pages: [[String]] = []
    var cursor: String?
    repeat {
      let answer = try await shop.look(
        "/v1/products?\(query)\(cursor.map { "&cursor=\($0)" } ?? "")")
      #expect(answer.status == 200, "\(answer.text)")
      pages.append(
        try answer.json["data"]?.array?.compactMap { $0["product_id"]?.string } ?? [])
      cursor = try answer.json["next_cursor"]?.string
    } while cursor != nil && pages.count < 10
    return pages
  }

  @Test func `the most ordered products stand first, page after page`() async throws {
    try await withShop { shop in
      // Ordered pieces; those of equals stand by their ids, the newest first.
      let pieces = [4, 9, 0, 2, 9, 1, 2, 30]
      var products: [(id: String, pieces: Int)] = []
      for (number, count) in pieces.enumerated() {
        let id = try await shop.addProduct("p\(number)", quantity: 50)
        products.append((id, count))
      }
      // In pieces of several orders by several users.
      for (number, count) in pieces.enumerated() where count > 0 {
        for part in [count / 2, count - count / 2] where part > 0 {
          let order = try await shop.order(Shop.body([("p\(number)", part)]), "user\(part)")
          #expect(order.status == 201, "\(order.text)")
        }
      }
      // What is given back is not popular.
      let undone = try await shop.placed([("p3", 40)])
      #expect(try await shop.undo("cancel", undone).status == 200)
      try await eventually("the pieces are back") { try await shop.level("p3") == [48, 2, 0] }

      let expected = products.sorted { ($0.pieces, $0.id) > ($1.pieces, $1.id) }.map(\.id)
      try await eventually(within: .seconds(60), "the most ordered are first") {
        try await recount(shop)
        return try await shop.productIDs("sort=popularity") == expected
      }
      let chunks = [expected[0..<3], expected[3..<6], expected[6..<8]].map { Array($0) }
      #expect(try await pages("sort=popularity&limit=3", shop) == chunks)
      // It is the order that nobody asks for.
      #expect(try await pages("limit=3", shop) == chunks)
      // A cursor stands where its page ended, also when what is behind it changes places.
      let first = try await shop.look("/v1/products?sort=popularity&limit=3")
      let cursor = try #require(try first.json["next_cursor"]?.string)
      #expect(try await shop.order(Shop.body([("p2", 3)])).status == 201)
      let changed = [7, 4, 1, 0, 2, 6, 3, 5].map { products[$0].id }
      // A change of the catalogue makes nodes look at the lists anew.
      var name = 0
      try await eventually(within: .seconds(60), "another one has become popular") {
        try await recount(shop)
        name += 1
        try await shop.manage(
          "PATCH", "/v1/admin/products/\(products[7].id)", ["name": .string("Best \(name)")],
          status: 200)
        return try await shop.productIDs("sort=popularity") == changed
      }
      // A page that was read before is remembered for some seconds.
      try await eventually(within: .seconds(60), "the page behind the cursor has changed") {
        let second = try await shop.look("/v1/products?sort=popularity&limit=3&cursor=\(cursor)")
        return try second.json["data"]?.array?.compactMap { $0["product_id"]?.string }
          == Array(changed[3..<6])
      }
      #expect(try await shop.breaches() == [])
    }
  }
}
