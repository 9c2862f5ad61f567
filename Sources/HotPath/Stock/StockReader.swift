public import Domain
public import Redis

/// Reads accounts of stock as the cell has them. Loop-confined.
public enum StockReader {
  /// An account.
  public struct Reading: Sendable, Equatable {
    public let level: StockLevel
    public let terms: StockTerms
    /// Of the ledger's row as the cell knows it.
    public let version: Int
  }

  /// What one call read.
  public struct Readings: Sendable, Equatable {
    /// Redis' clock.
    public let asOf: Instant
    /// In the order asked for; `nil` for an account that the cell does not know.
    public let accounts: [Reading?]

    /// Whether an account is not there: it never was, or the cell was cleared.
    public var lacksSome: Bool { accounts.contains { $0 == nil } }
  }

  /// Reads accounts of one cell, together.
  public static func read(
    _ accounts: [(scope: StockScope, sku: SKU)], keys: CellKeys, client: RedisClient
  ) async throws(RedisError) -> Readings {
    let values = try await collect(1 + accounts.count, from: client) { writer in
      writer.command(argumentCount: 1)
      writer.argument("TIME" as StaticString)
      for account in accounts {
        writer.command(argumentCount: 2 + fields.count)
        writer.argument("HMGET" as StaticString)
        writer.argument(keys.stock(account.scope, account.sku))
        for field in fields { writer.argument(field) }
      }
    }
    return Readings(asOf: try instant(values[0]), accounts: values.dropFirst().map(reading))
  }

  /// Reads the answer to TIME.
  static func instant(_ value: RedisValue) throws(RedisError) -> Instant {
    guard let seconds = value[0].integer, let micro = value[1].integer else {
      throw .protocolViolation("TIME")
    }
    return Instant(milliseconds: Int64(seconds * 1000 + micro / 1000))
  }

  /// Writes some commands at once and waits for all of their replies.
  static func collect(
    _ expected: Int, from client: RedisClient, write: (inout RedisCommandWriter) -> Void
  ) async throws(RedisError) -> [RedisValue] {
    let result: Result<[RedisValue], RedisError> = await withCheckedContinuation { continuation in
      var values: [RedisValue] = []
      var failure: RedisError?
      client.call(expectedReplies: expected, write: write) { reply in
        values.append(reply.value)
        failure = failure ?? reply.failure
        guard values.count == expected else { return }
        continuation.resume(returning: failure.map { .failure($0) } ?? .success(values))
      }
    }
    return try result.get()
  }

  private static let fields = [
    "received", "taken", "reserved", "sold", "product", "price", "currency", "limit", "version",
  ]

  private static func reading(_ value: RedisValue) -> Reading? {
    guard let received = value[0].integer, let taken = value[1].integer,
      let reserved = value[2].integer, let sold = value[3].integer, let product = value[4].text,
      let price = value[5].integer, let currency = value[6].text.flatMap(Currency.init(rawValue:)),
      let limit = value[7].integer, let version = value[8].integer
    else { return nil }
    return Reading(
      level: StockLevel(received: received, taken: taken, reserved: reserved, sold: sold),
      terms: StockTerms(
        product: product, price: Money(amount: price, currency: currency),
        perUserLimit: max(0, limit), isSold: limit != StockTerms.notSold),
      version: version)
  }
}
