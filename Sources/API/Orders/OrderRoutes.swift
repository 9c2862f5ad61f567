internal import Domain
internal import Ledger
internal import Services

/// Orders: reserving goods, and what becomes of it.
enum OrderRoutes {
  static let all: [Route<Node>] = [place, list, read, cancel]

  private static let place = Route<Node>(
    RouteDescription(
      .post, "/v1/orders", id: "placeOrder",
      summary: "Reserve goods: all lines or none, until they are paid or the time is over.",
      tag: tag, access: .permission(.orderPlace), idempotency: .required,
      body: .json(OrderSchema.draft),
      responses: [
        .init(
          201, "The goods were reserved by this order, or by an earlier one with the same key.",
          .data(OrderSchema.reservation))
      ],
      errors: [
        .admissionRequired, .notEligible, .notOpen, .notFound, .conflict, .soldOut, .closed,
        .expired,
        .idempotencyKeyReuse, .limitReached, .rateLimited,
      ], rateClass: .hot, isBehindRoom: true)
  ) { node in
    let handler = OrderHandler(node: node)
    return .hot { handler.handle($0) }
  }

  private static let list = Route<Node>(
    RouteDescription(
      .get, "/v1/orders", id: "listOrders", summary: "The caller's orders, newest first.",
      tag: tag, access: .permission(.orderPlace), query: QueryReader.page,
      responses: [.init(200, "A page.", .page(OrderSchema.order))])
  ) { node in
    .ordinary { context throws(APIError) in
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { Identifier($0) }
      let orders = try await refusing { () async throws(OrderService.Refusal) in
        // One more than asked for tells whether another page follows.
        try await node.orders.history(
          of: context.principal.user, tenant: context.tenant.id, before: cursor, limit: limit + 1)
      }
      let page = orders.prefix(limit)
      return .page(
        page.map(OrderView.order),
        nextCursor: orders.count > limit ? page.last?.id.description : nil)
    }
  }

  private static let read = Route<Node>(
    RouteDescription(
      .get, "/v1/orders/{id}", id: "getOrder",
      summary: "One order: one's own, or any for those who may read orders.", tag: tag,
      access: .permission([]), responses: [.init(200, "The order.", .data(OrderSchema.order))])
  ) { node in
    .ordinary { context throws(APIError) in
      .data(OrderView.order(try await readable(context, of: node)))
    }
  }

  /// The order that the path names, if it is the caller's or the caller may read all.
  static func readable(
    _ context: RequestContext, of node: Node
  ) async throws(APIError) -> OrderRecord {
    let id = try context.identifier("id")
    let principal = context.principal
    return try await refusing { () async throws(OrderService.Refusal) in
      try await node.orders.find(
        id, of: context.tenant.id, user: principal.may(.orderRead) ? nil : principal.user)
    }
  }

  private static let cancel = Route<Node>(
    RouteDescription(
      .post, "/v1/orders/{id}/cancel", id: "cancelOrder",
      summary: "Cancel one's own order while it waits for payment; its goods go back on sale.",
      tag: tag, access: .permission(.orderPlace), idempotency: .required,
      body: .json(OrderSchema.cancellation),
      responses: [
        .init(
          200, "The order, cancelled by this request or by an earlier one.",
          .data(OrderSchema.order))
      ],
      errors: [.orderStateConflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let reason = try context.fields().required("reason").text(length: OrderFields.reasonLength)
      let (tenant, user) = (context.tenant.id, context.principal.user)
      // What the ledger does not know yet cannot be cancelled there.
      _ = try await refusing { () async throws(OrderService.Refusal) in
        try await node.orders.find(id, of: tenant, user: user)
      }
      return try await context.once(in: node.database) { transaction in
        let outcome = try await node.orders.cancel(
          id, of: tenant, user: user, reason: reason, in: transaction)
        switch outcome {
        case .cancelled(let order): return .data(OrderView.order(order))
        case .notPending(let order): return try repeated(order)
        case .notFound: throw APIError.notFound
        }
      }
    }
  }

  /// To cancel what the user has cancelled changes nothing; what was paid, has lapsed or was a
  /// duplicate is another matter.
  private static func repeated(_ order: OrderRecord) throws(APIError) -> APIResponse {
    guard order.status == .cancelled, !OrderRecord.systemReasons.contains(order.reason ?? "") else {
      throw APIError(.orderStateConflict, details: ["status": .string(order.status.rawValue)])
    }
    return .data(
      OrderView.order(order), headers: [APIError.Header("Idempotent-Replayed", "true")])
  }

  private static let tag = "Orders"

  /// Says a refusal of the service in the terms of the API.
  private static func refusing<Result>(
    _ body: () async throws(OrderService.Refusal) -> Result
  ) async throws(APIError) -> Result {
    do throws(OrderService.Refusal) {
      return try await body()
    } catch {
      switch error {
      case .notFound: throw .notFound
      case .unavailable: throw .unavailable
      }
    }
  }
}
