import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Orders of a ledger that was written by an older version.
@Suite struct OrderMigrationTests {
  private static let orders: Statement = """
    insert into spillway.orders (tenant_id, order_id, cell, scope, user_id, market, currency, subtotal,
      total, reserved_until, created_at, idempotency_digest, idempotency_fingerprint)
    select 'demo', overlay(spillway.new_id()::text placing n::text from 36)::uuid, 'demo.kr', spillway.open_scope(),
        'ann', 'KR', 'KRW', 500, 500, now(), now(), md5('key ' || n), md5('request')
      from generate_series(1, 2) n
    """
  private static let lines: Statement = """
    insert into spillway.order_lines (tenant_id, order_id, sku, position, quantity, unit_price)
    select tenant_id, order_id, l.sku, l.position, l.quantity, 100
      from spillway.orders, (values ('A', 2, 1), ('B', 1, 4)) l (sku, position, quantity)
    """

  /// What the digests of the orders' keys become.
  private static func keys(_ pool: PostgresPool) async throws -> [OrderKey] {
    let rows = try await pool.query(
      "select key_salt from spillway.tenants where tenant_id = 'demo'")
    let salt = try rows[0].identifier("key_salt")
    return ["1f6383263a9e57d287fd25c7e3f35ba4", "08ef1e5d1e21615126c97e5c7e431890"].map { text in
      let digest = Array(text.utf8).withUnsafeBytes { RequestDigest(text: $0)! }
      return OrderKey(digest.salted(with: salt))
    }
  }

  @Test func `orders keep their lines, in their order, and their keys`() async throws {
    try await withLedger(before: "orders_with_lines") { pool in
      _ = try await pool.query(
        "insert into spillway.tenants (tenant_id, name) values ('demo', 'Demo')")
      _ = try await pool.query(Self.orders)
      _ = try await pool.query(Self.lines)
      _ = try await Migrator().run(on: pool)
      let orders = try await pool.query(
        """
        select skus, quantities, unit_prices from spillway.orders
         where idempotency_digest = any($1) and idempotency_fingerprint = md5('request')::uuid
        """, [.array(try await Self.keys(pool).map(\.first.uuid))])
      #expect(orders.count == 2)
      for order in orders {
        #expect(try order.decode("skus", as: [String].self) == ["B", "A"])
        #expect(try order.decode("quantities", as: [Int].self) == [4, 1])
        #expect(try order.decode("unit_prices", as: [Int].self) == [100, 100])
      }
      let listed = try await pool.query(
        """
        select count(*) from spillway.orders o
         where o.order_id in (select unnest(d.order_ids) from spillway.order_deadlines d
           where d.deadline = date_trunc('milliseconds', o.reserved_until) and d.cell = o.cell and d.tenant_id = o.tenant_id)
        """)
      #expect(try listed[0].decode(0, as: Int.self) == 2)
      let lines = try await pool.query(
        "select sku, position::bigint from spillway.order_lines order by order_id, position")
      #expect(try lines.map { try $0.decode(0, as: String.self) } == ["B", "A", "B", "A"])
      #expect(try lines.map { try $0.decode(1, as: Int.self) } == [1, 2, 1, 2])
    }
  }
}
