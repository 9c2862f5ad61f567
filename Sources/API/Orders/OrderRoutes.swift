internal import Domain
internal import Ledger
internal import Services

/// Orders: reserving goods, and looking at them.
enum OrderRoutes {
  static let all: [Route<Node>] = [place, list, read]

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
      access: .permission(.personalUse),
      responses: [.init(200, "The order.", .data(OrderSchema.detail))])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let principal = context.principal
      let order = try await refusing { () async throws(OrderService.Refusal) in
        try await node.orders.detail(
          id, of: context.tenant.id, user: principal.may(.orderRead) ? nil : principal.user)
      }
      return .data(OrderDetailView.order(order))
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

  static let tag = "Orders"
}

extension OrderService.Refusal: WireRefusal {
  var onWire: APIError {
    switch self {
    case .notFound: .notFound
    case .unavailable: .unavailable
    }
  }
}
