import Redis
import TestSupport
import Testing

@testable import HotPath

@Suite struct PopularProductsTests {
  /// A bucket in memory that counts what is read of it.
  private final class Memory {
    let sorted: [PopularProducts.Entry]
    let pieces: [String: Int]
    private(set) var read = 0

    init(_ pieces: [String: Int]) {
      self.pieces = pieces
      // As ZREVRANGE has them: equal ones by name from the end.
      sorted = pieces.map { .init(product: $0, pieces: $1) }
        .sorted { $0.pieces != $1.pieces ? $0.pieces > $1.pieces : $0.product > $1.product }
    }

    var bucket: PopularProducts.Bucket {
      PopularProducts.Bucket(
        page: { [self] from, count throws(RedisError) in
          let page = Array(sorted.dropFirst(from).prefix(count))
          read += page.count
          return page
        },
        pieces: { [self] products throws(RedisError) in products.map { pieces[$0] ?? 0 } })
    }
  }

  private func expected(_ limit: Int, _ buckets: [Memory]) -> [PopularProducts.Entry] {
    var sums: [String: Int] = [:]
    for bucket in buckets { sums.merge(bucket.pieces, uniquingKeysWith: +) }
    let sorted = sums.map { PopularProducts.Entry(product: $0, pieces: $1) }.sorted {
      $0.pieces != $1.pieces ? $0.pieces > $1.pieces : $0.product < $1.product
    }
    return Array(sorted.prefix(limit))
  }

  @Test func `the best over random buckets are those of adding everything up`() async throws {
    var random = SeededGenerator()
    for _ in 0..<200 {
      let products = Int.random(in: 1...400, using: &random)
      let most = Int.random(in: 1...60, using: &random)
      let buckets = (0..<Int.random(in: 1...6, using: &random)).map { _ in
        var pieces: [String: Int] = [:]
        for _ in 0..<Int.random(in: 0...500, using: &random) {
          let product = "p\(Int.random(in: 0..<products, using: &random))"
          pieces[product] = Int.random(in: 1...most, using: &random)
        }
        return Memory(pieces)
      }
      let limit = Int.random(in: 1...10, using: &random)
      let best = try await PopularProducts.top(limit, of: buckets.map(\.bucket))
      #expect(best == expected(limit, buckets), "seed \(random.seed)")
    }
  }

  @Test func `of many products only the tops are read`() async throws {
    var pieces: [String: Int] = [:]
    for place in 0..<10_000 { pieces["p\(place)"] = 10_000 - place }
    let buckets = [Memory(pieces), Memory(pieces)]
    let best = try await PopularProducts.top(5, of: buckets.map(\.bucket))
    #expect(best.map(\.pieces) == [20_000, 19_998, 19_996, 19_994, 19_992])
    #expect(buckets[0].read == PopularProducts.pageSize)
  }

  @Test func `without cells or sales nothing is popular`() async throws {
    #expect(try await PopularProducts.top(5, of: [Memory([:]).bucket]).isEmpty)
    #expect(try await PopularProducts.top(5, of: [PopularProducts.Bucket]()).isEmpty)
  }
}
