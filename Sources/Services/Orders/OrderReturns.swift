public import Domain
public import Ledger
public import Postgres

/// What is done to orders after they were placed: fulfilled, cancelled, refunded. Loop-confined.
///
/// Each works in a transaction of the caller's, under the order's lock: of two who want something of one
/// order, the second sees what the first has done.
public final class OrderReturns {
  /// Why nothing was done.
  public enum Refusal: Error, Sendable, Equatable {
    /// There is no such order, or it is somebody else's.
    case notFound
    /// The order is in a status in which this cannot be done.
    case status(OrderDetail)
    case refund(RefundRefusal)
  }

  /// Who wants it, and why.
  public struct Request: Sendable {
    public let order: Identifier
    public let tenant: TenantID
    /// Whose order it must be; nil for anybody's.
    public let owner: UserID?
    /// Who wants it.
    public let actor: UserID
    public let reason: String
    public let idempotency: RequestIdempotency?

    public init(
      order: Identifier, tenant: TenantID, owner: UserID?, actor: UserID, reason: String,
      idempotency: RequestIdempotency?
    ) {
      self.order = order
      self.tenant = tenant
      self.owner = owner
      self.actor = actor
      self.reason = reason
      self.idempotency = idempotency
    }
  }

  private let orders: OrderStore
  private let markets: MarketBook
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  init(pool: PostgresPool, markets: MarketBook, clock: WallClock) {
    orders = OrderStore(pool: pool)
    self.markets = markets
    self.clock = clock
  }

  /// Gives back what `wish` says.
  ///
  /// - Throws: ``Refusal`` or `PostgresError`.
  public func refund(
    _ wish: RefundWish, by authority: RefundAuthority, _ request: Request,
    in transaction: PostgresTransaction
  ) async throws -> OrderDetail {
    let store = OrderDetailStore(transaction: transaction)
    let detail = try await lock(request, store)
    guard let rules = detail.refundRules(markets) else { throw Refusal.status(detail) }
    let plan: RefundPlan
    do throws(RefundRefusal) {
      plan = try rules.plan(wish, by: authority, at: clock.now())
    } catch {
      if case .status = error { throw Refusal.status(detail) }
      throw Refusal.refund(error)
    }
    return try await give(
      plan, of: detail, status: plan.isComplete ? .refunded : detail.order.status, request, store)
  }

  /// Cancels an order that was not shipped: what is pending gives its stock back, what is paid its money
  /// too.
  ///
  /// - Throws: ``Refusal`` or `PostgresError`.
  public func cancel(
    _ request: Request, in transaction: PostgresTransaction
  ) async throws -> OrderDetail {
    let store = OrderDetailStore(transaction: transaction)
    let detail = try await lock(request, store)
    try check(.cancellation, detail)
    if let rules = detail.refundRules(markets) {
      return try await give(rules.everything, of: detail, status: .cancelled, request, store)
    }
    _ = try await orders.cancel(
      request.order, of: request.tenant, user: nil, reason: request.reason, in: transaction)
    return try await find(request, store)
  }

  /// Hands a paid order over to shipping.
  ///
  /// - Throws: ``Refusal`` or `PostgresError`.
  public func fulfil(
    _ request: Request, in transaction: PostgresTransaction
  ) async throws -> OrderDetail {
    let store = OrderDetailStore(transaction: transaction)
    let detail = try await lock(request, store)
    try check(.fulfilment, detail)
    try await store.fulfil(request.order, of: request.tenant)
    return try await find(request, store)
  }

  // MARK: Parts

  private func lock(_ request: Request, _ store: OrderDetailStore) async throws -> OrderDetail {
    let detail = try await store.lock(request.order, of: request.tenant, user: request.owner)
    guard let detail else { throw Refusal.notFound }
    return detail
  }

  private func find(_ request: Request, _ store: OrderDetailStore) async throws -> OrderDetail {
    let detail = try await store.find(request.order, of: request.tenant, user: nil)
    guard let detail else { preconditionFailure("an order that is locked does not go away") }
    return detail
  }

  private func check(_ event: OrderEvent, _ detail: OrderDetail) throws(Refusal) {
    let order = detail.order
    let machine = OrderMachine(status: order.status, reservedUntil: order.reservedUntil)
    do throws(OrderMachine.Refusal) {
      _ = try machine.next(event, at: clock.now())
    } catch {
      throw .status(detail)
    }
  }

  /// What was not shipped goes on sale again at once, unless the market's policy is another; what comes back
  /// later is booked when it is there. A cancellation undoes an order whole, whatever the policy.
  private func give(
    _ plan: RefundPlan, of detail: OrderDetail, status: OrderStatus, _ request: Request,
    _ store: OrderDetailStore
  ) async throws -> OrderDetail {
    let returns =
      status == .cancelled
      ? .everything : markets.refundReturns(of: request.tenant, in: detail.order.market)
    let refund = OrderDetailStore.Refund(
      id: identifiers.next(at: clock.now()), plan: plan, status: status,
      restocks: returns.stock && detail.order.status == .paid && !plan.lines.isEmpty,
      returnsCoupon: returns.coupon && plan.isComplete, reason: request.reason,
      actor: request.actor, idempotency: request.idempotency)
    try await store.give(refund, of: request.order, tenant: request.tenant)
    return try await find(request, store)
  }
}
