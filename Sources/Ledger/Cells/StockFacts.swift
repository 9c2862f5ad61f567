public import Domain
public import Postgres

/// Orders and takes on their way into the ledger, column by column in Postgres' binary form.
///
/// Filled from raw bytes: a fact costs no string and no object. What orders have in common is said once for
/// all of them, as a ``Basket``.
public struct StockFacts: Sendable, Equatable {
  private var orders = Orders()
  private var baskets = OrderBaskets()
  private var takes = Takes()

  public init() {}

  /// How many orders and takes there are.
  public var count: Int { orders.ids.count + takes.movements.count }
  public var isEmpty: Bool { count == 0 }

  /// Adds a line of the basket that follows.
  ///
  /// - Parameters:
  ///   - sku: of the characters that a ``SKU`` has.
  ///   - quantity: pieces.
  ///   - unitPrice: minor units of the basket's currency.
  public mutating func appendLine(sku: UnsafeRawBufferPointer, quantity: Int, unitPrice: Int) {
    baskets.appendLine(sku: sku, quantity: quantity, unitPrice: unitPrice)
  }

  /// Adds a basket, whose lines were added just before.
  ///
  /// - Returns: its number, from 1, by which orders name it.
  public mutating func append(_ basket: Basket) -> Int {
    baskets.append(basket)
    return baskets.count
  }

  /// Adds an order.
  ///
  /// - Parameters:
  ///   - key: what the idempotency key that it was placed with became.
  ///   - basket: the number of what it asked for.
  public mutating func append(
    order: Identifier, user: UnsafeRawBufferPointer, key: OrderKey, basket: Int
  ) {
    precondition(basket >= 1 && basket <= baskets.count, "an order names a basket that is there")
    orders.ids.append(uuid: order.high, order.low)
    orders.users.append(bytes: user)
    orders.digests.append(uuid: key.first.high, key.first.low)
    orders.baskets.append(Int64(basket))
  }

  /// Adds what a movement took.
  ///
  /// - Parameter quantity: pieces; 0 when there was nothing to take.
  public mutating func append(
    takeOf movement: Identifier, scope: StockScope, sku: SKU, quantity: Int
  ) {
    takes.movements.append(uuid: movement.high, movement.low)
    takes.scopes.append(uuid: scope.stored.high, scope.stored.low)
    takes.skus.append(text: sku.description)
    takes.quantities.append(Int64(quantity))
  }

  /// The columns as parameters.
  var parameters: [PostgresValue] {
    orders.parameters + baskets.parameters + takes.parameters
  }

  private struct Orders: Sendable, Equatable {
    var ids = PostgresArray.Builder(of: .uuid)
    var users = PostgresArray.Builder(of: .text)
    var digests = PostgresArray.Builder(of: .uuid)
    var baskets = PostgresArray.Builder(of: .int8)

    var parameters: [PostgresValue] {
      [ids, users, digests, baskets].map { .array($0.build()) }
    }
  }

  private struct Takes: Sendable, Equatable {
    var movements = PostgresArray.Builder(of: .uuid)
    var scopes = PostgresArray.Builder(of: .uuid)
    var skus = PostgresArray.Builder(of: .text)
    var quantities = PostgresArray.Builder(of: .int8)

    var parameters: [PostgresValue] {
      [movements, scopes, skus, quantities].map { .array($0.build()) }
    }
  }
}

extension PostgresArray.Builder {
  mutating func append(text: String) {
    var text = text
    text.withUTF8 { append(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension CellStore {
  /// Adds facts of all kinds and moves the cell's cursor over them, in one transaction; holds the cell
  /// for `hold` from now.
  ///
  /// - Throws: a server's refusal of class 22 or 23 when a fact contradicts the ledger.
  public func apply(
    _ coupons: CouponFacts, _ stock: StockFacts, to cell: CellName, as reconciler: String,
    hold: Duration, from expected: CellRecord.Cursor, to next: CellRecord.Cursor
  ) async throws(PostgresError) -> Application {
    let rows = try await pool.query(
      Self.applyAllStatement,
      Self.cursorParameters(cell, reconciler, hold, from: expected, to: next)
        + coupons.parameters + stock.parameters)
    let added = try rows[0].decode(0, as: Int.self)
    return added < 0 ? .refused : .applied(new: added)
  }
}
