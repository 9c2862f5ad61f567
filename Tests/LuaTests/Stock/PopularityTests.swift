import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct PopularityTests {
  @Test func `the best of three days are added up from the buckets, older days do not count`()
    async throws
  {
    try await StockBench.run { bench in
      for name in ["a", "b", "c"] { try await bench.put(name, 100) }
      let sale = bench.sale()
      let bought = bench.order(sale, "ann", [("a", 3)])
      try await bench.reserve([bought, bench.order(sale, "ben", [("b", 2), ("c", 1)])])
      let today = try await bench.today().day
      for (day, product, pieces) in [(1, "p-b", 5), (2, "p-c", 4), (2, "old", 1), (3, "gone", 99)] {
        _ = try await bench.client.send(
          RedisCommand("ZINCRBY", bench.keys.popular(day: today - day), pieces, product))
      }
      func top() async throws -> [String] {
        try await PopularProducts.top(3, of: [(bench.keys, bench.client)])
          .map { "\($0.product) \($0.pieces)" }
      }
      #expect(try await top() == ["p-b 7", "p-c 5", "p-a 3"])
      _ = try await bench.settle([(.release, bought.order)], accounts: [(.open, "a")])
      #expect(try await top() == ["p-b 7", "p-c 5", "old 1"])
    }
  }
}
