public import Redis

/// What sold best over some days in one or more cells, exactly. Loop-confined.
///
/// The buckets are read from their tops, a page each at a time, and a product that is seen in one is
/// looked up in all: R. Fagin, A. Lotem, M. Naor, "Optimal aggregation algorithms for middleware"
/// (2003), the threshold algorithm. So it reads little, however many products there are.
public enum PopularProducts {
  /// A product and the pieces reserved and not released.
  public struct Entry: Sendable, Equatable {
    public let product: String
    public let pieces: Int

    public init(product: String, pieces: Int) {
      self.product = product
      self.pieces = pieces
    }

    /// By pieces, the most first, and then by the bytes of the product's id.
    static func comesBefore(_ a: Entry, _ b: Entry) -> Bool {
      a.pieces != b.pieces
        ? a.pieces > b.pieces : a.product.utf8.lexicographicallyPrecedes(b.product.utf8)
    }
  }

  /// Products that are counted together, from the day before last to today by Redis' clock.
  public static let days = 3
  /// Products of a bucket read at once.
  static let pageSize = 50

  /// A cell's bucket, or what stands for one in a test.
  struct Bucket {
    let page: (_ from: Int, _ count: Int) async throws(RedisError) -> [Entry]
    let pieces: (_ products: [String]) async throws(RedisError) -> [Int]
  }

  /// The `limit` best products of the cells together.
  ///
  /// - Parameter cells: each with the client of its server.
  public static func top(
    _ limit: Int, of cells: [(keys: CellKeys, client: RedisClient)]
  ) async throws(RedisError) -> [Entry] {
    guard let first = cells.first else { return [] }
    let time = try await first.client.send(RedisCommand("TIME"))
    guard let seconds = time[0].integer else { throw .protocolViolation("TIME") }
    let today = seconds / 86_400
    var buckets: [Bucket] = []
    for cell in cells {
      for day in today - days + 1...today {
        buckets.append(bucket(cell.keys.popular(day: day), cell.client))
      }
    }
    return try await top(limit, of: buckets)
  }

  static func top(_ limit: Int, of buckets: [Bucket]) async throws(RedisError) -> [Entry] {
    var totals: [String: Int] = [:]
    var best: [Entry] = []
    var from = 0
    while true {
      // What a product that was not seen yet can have at most.
      var threshold = 0
      var fresh: Set<String> = []
      for bucket in buckets {
        let page = try await bucket.page(from, pageSize)
        for entry in page where totals[entry.product] == nil { fresh.insert(entry.product) }
        if page.count == pageSize, let last = page.last { threshold += last.pieces }
      }
      for (product, pieces) in try await sums(Array(fresh), in: buckets) {
        totals[product] = pieces
        best.append(Entry(product: product, pieces: pieces))
      }
      best.sort(by: Entry.comesBefore)
      best.removeLast(max(0, best.count - limit))
      // Strictly: one that equals the last may stand before it by its name.
      if threshold == 0 || (best.count == limit && best[limit - 1].pieces > threshold) {
        return best
      }
      from += pageSize
    }
  }

  private static func sums(
    _ products: [String], in buckets: [Bucket]
  ) async throws(RedisError) -> [(String, Int)] {
    guard !products.isEmpty else { return [] }
    var sums = [Int](repeating: 0, count: products.count)
    for bucket in buckets {
      for (place, pieces) in try await bucket.pieces(products).enumerated() {
        sums[place] += pieces
      }
    }
    return Array(zip(products, sums))
  }

  private static func bucket(_ key: [UInt8], _ client: RedisClient) -> Bucket {
    Bucket(
      page: { from, count throws(RedisError) in
        let reply = try await client.send(
          RedisCommand("ZREVRANGE", key, from, from + count - 1, "WITHSCORES"))
        let parts = reply.array ?? []
        return stride(from: 0, to: parts.count - 1, by: 2).map {
          Entry(product: parts[$0].text ?? "", pieces: parts[$0 + 1].integer ?? 0)
        }
      },
      pieces: { products throws(RedisError) in
        let arguments: [any RedisArgument] = [key] + products
        let reply = try await client.send(RedisCommand("ZMSCORE", arguments))
        return (reply.array ?? []).map { $0.integer ?? 0 }
      })
  }
}
