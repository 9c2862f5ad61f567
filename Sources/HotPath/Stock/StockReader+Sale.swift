public import Domain
public import Redis

extension StockReader {
  /// Whether a sale takes orders, by its cell's clock and terms: those that orders are decided by. `nil` where
  /// the cell does not know the sale.
  public static func phase(
    of sale: StockScope, keys: CellKeys, client: RedisClient
  ) async throws(RedisError) -> SalePhase? {
    let values = try await collect(2, from: client) { writer in
      writer.command(argumentCount: 1)
      writer.argument("TIME" as StaticString)
      writer.command(argumentCount: 5)
      writer.argument("HMGET" as StaticString)
      writer.argument(keys.sale(sale))
      for field in ["opens", "closes", "ready"] { writer.argument(field) }
    }
    let now = try instant(values[0])
    guard let opens = values[1][0].integer, let closes = values[1][1].integer else { return nil }
    return SalePhase(
      opensAt: Instant(milliseconds: Int64(opens)), closesAt: Instant(milliseconds: Int64(closes)),
      isReady: values[1][2].integer == 1, at: now)
  }
}
