internal import Domain
internal import Ledger
internal import Postgres
internal import Services

/// What is done to orders after they were placed: cancelled, refunded, fulfilled.
enum OrderReturnRoutes {
  static let all: [Route<Node>] = [cancel, refund, transition]

  private static let cancel = Route<Node>(
    RouteDescription(
      .post, "/v1/orders/{id}/cancel", id: "cancelOrder",
      summary:
        "Cancel an order that was not shipped, as a whole: its goods go back on sale, what was paid goes back too.",
      tag: OrderRoutes.tag, access: .permission(.personalUse), idempotency: .required,
      body: .json(OrderSchema.cancellation),
      responses: [
        .init(
          200, "The order, cancelled by this request or by an earlier one.",
          .data(OrderSchema.detail))
      ],
      errors: [.orderStateConflict])
  ) { node in
    .ordinary { context throws(APIError) in
      try OrderReturnReader.checkCancellation(try context.fields())
      let request = try await request(context, node)
      return try await context.once(in: node.database) { transaction in
        try await answer(repeating: .cancelled) {
          try await node.orderReturns.cancel(request, in: transaction)
        }
      }
    }
  }

  private static let refund = Route<Node>(
    RouteDescription(
      .post, "/v1/orders/{id}/refund", id: "refundOrder",
      summary:
        "Give money back for an order: all of it, some, or that of some pieces; its owner as far as the market lets customers help themselves.",
      tag: OrderRoutes.tag, access: .permission(.personalUse), idempotency: .required,
      body: .json(OrderSchema.refundDraft),
      responses: [.init(200, "The order, with what went back.", .data(OrderSchema.detail))],
      errors: [.forbidden, .orderStateConflict, .expired])
  ) { node in
    .ordinary { context throws(APIError) in
      let wish = try RefundReader.read(try context.fields())
      let request = try await request(context, node, currency: wish.currency)
      let authority = authority(of: context.principal)
      return try await context.once(in: node.database) { transaction in
        try await answer(repeating: nil) {
          try await node.orderReturns.refund(
            wish.wish, by: authority, request, in: transaction)
        }
      }
    }
  }

  private static let transition = Route<Node>(
    RouteDescription(
      .post, "/internal/v1/orders/{id}/transitions", id: "transitionOrder",
      summary: "Take an order to its next status: fulfilled, cancelled or refunded.",
      tag: OrderRoutes.tag, access: .permission(.orderTransition), idempotency: .required,
      body: .json(OrderSchema.transition),
      responses: [
        .init(
          200, "The order, in that status by this request or by an earlier one.",
          .data(OrderSchema.detail))
      ],
      errors: [.orderStateConflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let to = try OrderReturnReader.transition(try context.fields())
      let request = try await request(context, node, mayAll: true)
      let returns = node.orderReturns
      return try await context.once(in: node.database) { transaction in
        try await answer(repeating: OrderStatus(rawValue: to.rawValue)) {
          switch to {
          case .fulfilled: try await returns.fulfil(request, in: transaction)
          case .cancelled: try await returns.cancel(request, in: transaction)
          case .refunded:
            try await returns.refund(.everything, by: .beyondPolicy, request, in: transaction)
          }
        }
      }
    }
  }

  // MARK: Parts

  private static func authority(of principal: Principal) -> RefundAuthority {
    if principal.may(.orderRefundBeyond) { return .beyondPolicy }
    return principal.may(.orderRefund) ? .withinPolicy : .owner
  }

  /// What is asked for, of an order that the ledger knows: those of the last moment are waited for.
  ///
  /// - Parameters:
  ///   - currency: what the order must be in, where it is named.
  ///   - mayAll: true where the route is for everybody's orders.
  private static func request(
    _ context: RequestContext, _ node: Node, currency: Currency? = nil, mayAll: Bool = false
  ) async throws(APIError) -> OrderReturns.Request {
    let id = try context.identifier("id")
    let reason = try OrderReturnReader.reason(try context.fields())
    let principal = context.principal
    let owner = mayAll || principal.may(.orderRefund) ? nil : principal.user
    let tenant = context.tenant.id
    let order = try await refusing { () async throws(OrderService.Refusal) in
      try await node.orders.find(id, of: tenant, user: owner)
    }
    if let currency, currency != order.currency {
      throw .invalid("amount.currency", "is not the order's, which is \(order.currency.rawValue)")
    }
    return OrderReturns.Request(
      order: id, tenant: tenant, owner: owner, actor: principal.user, reason: reason,
      idempotency: context.identity)
  }

  /// - Parameter status: the status that an order may be in already, as if this had taken it there.
  private static func answer(
    repeating status: OrderStatus?, _ effect: () async throws -> OrderDetail
  ) async throws -> APIResponse {
    do {
      return .data(OrderDetailView.order(try await effect()))
    } catch let refusal as OrderReturns.Refusal {
      // What lapsed or was a duplicate nobody has cancelled.
      if case .status(let detail) = refusal, detail.order.status == status,
        !OrderRecord.systemReasons.contains(detail.order.reason ?? "")
      {
        return .data(OrderDetailView.order(detail), headers: [APIResponse.replayed])
      }
      throw APIError(saying: refusal)
    }
  }
}

extension APIError {
  /// Says why nothing was done to an order.
  init(saying refusal: OrderReturns.Refusal) {
    switch refusal {
    case .notFound: self = .notFound
    case .status(let detail):
      self = APIError(
        .orderStateConflict, details: ["status": .string(detail.order.status.rawValue)])
    case .refund(let refusal): self = APIError(saying: refusal)
    }
  }

  private init(saying refusal: RefundRefusal) {
    switch refusal {
    case .status(let status):
      self = APIError(.orderStateConflict, details: ["status": .string(status.rawValue)])
    case .policy(let policy):
      let reason =
        switch policy {
        case .none: "the market's self_service_refunds is none: the shop gives money back"
        case .lines, .amounts:
          "the market's self_service_refunds is \(policy.rawValue): of an amount the shop decides"
        }
      self = APIError(
        .forbidden,
        details: ["policy": "self_service_refunds=\(policy.rawValue)", "reason": .string(reason)])
    case .shipped:
      self = APIError(
        .forbidden,
        details: [
          "policy": "return_days",
          "reason":
            "the order was shipped and the market has no return_days: the shop gives money back",
        ])
    case .late(let end):
      self = APIError(
        .expired,
        details: ["field": "id", "reason": "the days of return are over", "until": "\(end)"])
    case .tooMuch(let left): self = .invalid("amount", "must be between 1 and \(left)")
    case .unknownSKU(let line): self = .invalid("lines.\(line).sku", "is not in the order")
    case .tooMany(let line, let left):
      self = .invalid("lines.\(line).quantity", "is more than the \(left) that are left")
    case .worthMore(let worth, let left):
      self = .invalid("lines", "are worth \(worth), more than the \(left) that are left")
    }
  }
}
