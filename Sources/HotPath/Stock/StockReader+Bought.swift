public import Domain
public import Redis

extension StockReader {
  /// What a user has reserved or bought of accounts of one scope, in the order asked for. Counted only
  /// where an account has a limit; 0 elsewhere.
  public static func bought(
    _ skus: [SKU], by user: UserID, in scope: StockScope, keys: CellKeys, client: RedisClient
  ) async throws(RedisError) -> [Int] {
    guard !skus.isEmpty else { return [] }
    let name = Array(user.description.utf8)
    let values = try await collect(skus.count, from: client) { writer in
      for sku in skus {
        writer.command(argumentCount: 3)
        writer.argument("HGET" as StaticString)
        writer.argument(keys.bought(scope, sku))
        writer.argument(name)
      }
    }
    return values.map { $0.integer ?? $0.text.flatMap { Int($0) } ?? 0 }
  }
}
