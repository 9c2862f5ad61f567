public import Domain
public import Postgres

/// Orders with what became of them, and what is done to them after they were placed.
public struct OrderDetailStore {
  let query: (Statement, [PostgresValue]) async throws(PostgresError) -> PostgresRows
  private let payments: PaymentStore

  /// Each call is a transaction of its own.
  public init(pool: PostgresPool) {
    payments = PaymentStore(pool: pool)
    query = { statement, values async throws(PostgresError) in
      try await pool.query(statement, values)
    }
  }

  /// All calls belong to the transaction.
  public init(transaction: PostgresTransaction) {
    payments = PaymentStore(transaction: transaction)
    query = { statement, values async throws(PostgresError) in
      try await transaction.query(statement, values)
    }
  }

  private static let lockStatement = Statement("order_lock", "select spillway.lock_order($1, $2)")

  private static let headStatement = Statement(
    "order_detail",
    """
    select \(OrderRecord.columns), fulfilled_at, refunded_at
      from spillway.orders o
     where tenant_id = $1 and order_id = $2 and ($3::text is null or user_id = $3)
    """)

  private static let refundsStatement = Statement(
    "order_refunds",
    """
    select \(RefundRecord.columns) from spillway.refunds
     where order_id = $2 and tenant_id = $1 order by recorded_at, refund_id
    """)

  private static let fulfilStatement = Statement(
    "order_fulfil", "select spillway.fulfil_order($1, $2)")

  private static let refundStatement = Statement(
    "order_refund",
    """
    select spillway.refund_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    """)

  /// One order of a tenant, or of one of its users; `nil` when there is none of this id.
  public func find(
    _ id: Identifier, of tenant: TenantID, user: UserID?
  ) async throws(PostgresError) -> OrderDetail? {
    let key: [PostgresValue] = [.text(tenant.description), .uuid(id.uuid)]
    let heads = try await query(Self.headStatement, key + [.optional(user?.description)])
    guard let head = heads.first else { return nil }
    let order = try OrderRecord(head)
    // What was never paid has neither.
    let refunds = order.paidAt == nil ? nil : try await query(Self.refundsStatement, key)
    return OrderDetail(
      order: order,
      payment: order.paidAt == nil ? nil : try await payments.find(order: id, tenant: tenant),
      refunds: try (refunds.map(Array.init) ?? []).map { row throws(PostgresError) in
        try RefundRecord(row)
      },
      fulfilledAt: try head.optionalInstant("fulfilled_at"),
      refundedAt: try head.optionalInstant("refunded_at"))
  }

  /// The same, locked until the transaction ends: whatever is decided from it stays right.
  public func lock(
    _ id: Identifier, of tenant: TenantID, user: UserID?
  ) async throws(PostgresError) -> OrderDetail? {
    _ = try await query(Self.lockStatement, [.text(tenant.description), .uuid(id.uuid)])
    return try await find(id, of: tenant, user: user)
  }

  /// Hands a paid order over to shipping. The transaction has locked it.
  public func fulfil(_ id: Identifier, of tenant: TenantID) async throws(PostgresError) {
    _ = try await query(Self.fulfilStatement, [.text(tenant.description), .uuid(id.uuid)])
  }

  /// What goes back, and why.
  public struct Refund: Sendable {
    /// Names it, and the wallet's transaction.
    public let id: Identifier
    public let plan: RefundPlan
    /// Where the order goes.
    public let status: OrderStatus
    /// The pieces go back on sale. Where they do not although they were never shipped, the shop keeps them.
    public let restocks: Bool
    /// The coupon may be used again. A cancellation brings back both.
    public let returnsCoupon: Bool
    public let reason: String
    public let actor: UserID
    public let idempotency: RequestIdempotency?

    public init(
      id: Identifier, plan: RefundPlan, status: OrderStatus, restocks: Bool, returnsCoupon: Bool,
      reason: String, actor: UserID, idempotency: RequestIdempotency?
    ) {
      self.id = id
      self.plan = plan
      self.status = status
      self.restocks = restocks
      self.returnsCoupon = returnsCoupon
      self.reason = reason
      self.actor = actor
      self.idempotency = idempotency
    }
  }

  /// Gives back what `refund` says. The transaction has locked the order.
  public func give(
    _ refund: Refund, of id: Identifier, tenant: TenantID
  ) async throws(PostgresError) {
    let lines = refund.plan.lines
    let work: [PostgresValue] = [
      .text(tenant.description), .uuid(id.uuid), .uuid(refund.id.uuid),
      .text(refund.status.rawValue), .int8(Int64(refund.plan.amount)),
      .array(lines.map(\.sku.description)), .array(lines.map { Int64($0.quantity) }),
      .array(lines.map { Int64($0.amount) }),
    ]
    let reasons: [PostgresValue] = [
      .bool(refund.restocks), .bool(refund.returnsCoupon), .text(refund.reason),
      .text(refund.actor.description), .optional(refund.idempotency?.key.uuid),
      .optional(refund.idempotency?.fingerprint.uuid),
    ]
    _ = try await query(Self.refundStatement, work + reasons)
  }
}
