internal import Domain
internal import EventLoop
internal import Postgres

/// A paid order as the ledger has it, with what its user's wallet gave.
struct LedgerPayment: Sendable, Equatable {
  var order: Identifier
  var payment: Identifier
  var user: String
  var status: OrderStatus
  /// Minor units: of the order, of the payment, left in the wallet.
  var total: Int
  var amount: Int
  var balanceAfter: Int
  /// Entries that took something out of a user's wallet for the payment, what they took in all, and what
  /// the last of them left.
  var entries: Int
  var taken: Int
  var entryBalance: Int
}

/// Reads the payments of a sale's orders from Postgres. Loop-confined.
final class LedgerPayments {
  private let pool: PostgresPool
  private let tenant: PostgresValue
  private let sale: PostgresValue

  /// - Throws: `ScenarioError` when the database cannot be reached.
  init(url: String, tenant: TenantID, sale: Identifier, loop: EventLoop) async throws(ScenarioError)
  {
    self.tenant = .text(tenant.description)
    self.sale = sale.uuid
    do throws(PostgresError) {
      pool = try await PostgresPool.ready(url: url, loop: loop)
    } catch {
      throw ScenarioError("cannot reach the ledger: \(error)")
    }
  }

  func close() { pool.close() }

  private static let paymentsStatement = Statement(
    unprepared: """
      with paid as (
        select o.order_id, o.status, o.total, p.payment_id, p.user_id, p.amount, p.balance_after
          from spillway.orders o
          join spillway.payments p on p.order_id = o.order_id and p.tenant_id = o.tenant_id
         where o.tenant_id = $1 and o.scope = $2
      )
      select paid.*, count(e.entry_id) as entries, coalesce(-sum(e.amount), 0)::bigint as taken,
        coalesce(min(e.balance), -1) as entry_balance
        from paid
        left join (
          select e.* from spillway.wallet_entries e
            join spillway.wallet_accounts a using (account_id, tenant_id)
           where a.role = 'user' and a.tenant_id = $1 and e.amount < 0
        ) e on e.subject = paid.order_id
       group by 1, 2, 3, 4, 5, 6, 7
      """)

  private static let unpaidStatement = Statement(
    unprepared: """
      select count(*) from spillway.orders o
       where tenant_id = $1 and scope = $2 and status in ('PAID', 'FULFILLED')
         and not exists (select from spillway.payments p
           where p.order_id = o.order_id and p.tenant_id = o.tenant_id)
      """)

  private static let secondStatement = Statement(
    unprepared: """
      select count(*) - count(distinct user_id) from spillway.orders
       where tenant_id = $1 and scope = $2
      """)

  /// All payments of the sale's orders.
  func all() async throws(PostgresError) -> [LedgerPayment] {
    try await pool.query(Self.paymentsStatement, [tenant, sale]).map { row throws(PostgresError) in
      let status = try row.decode("status", as: String.self)
      guard let status = OrderStatus(rawValue: status) else {
        throw .decoding(column: "status", reason: "unknown: \(status)")
      }
      return LedgerPayment(
        order: Identifier(try row.decode("order_id", as: PostgresUUID.self)),
        payment: Identifier(try row.decode("payment_id", as: PostgresUUID.self)),
        user: try row.decode("user_id"), status: status, total: try row.decode("total"),
        amount: try row.decode("amount"), balanceAfter: try row.decode("balance_after"),
        entries: try row.decode("entries"), taken: try row.decode("taken"),
        entryBalance: try row.decode("entry_balance"))
    }
  }

  /// Orders of the sale that count as paid and have no payment.
  func paidWithoutPayment() async throws(PostgresError) -> Int {
    try await pool.query(Self.unpaidStatement, [tenant, sale])[0].decode(0)
  }

  /// Orders of users who have another one of the sale.
  func secondOrders() async throws(PostgresError) -> Int {
    try await pool.query(Self.secondStatement, [tenant, sale])[0].decode(0)
  }
}
