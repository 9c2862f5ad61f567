internal import Domain
internal import Ledger
internal import Services

/// Everybody's orders, for those who may read them.
enum OrderAdminRoutes {
  static let all: [Route<Node>] = [search]

  private static let filters: [RouteDescription.QueryParameter] = [
    .init("status", "Only orders in this status.", .oneOf(OrderStatus.self)),
    .init("user", "Only this user's orders.", .text(1...UserID.maximumCount)),
    .init("sale_id", "Only orders of this sale.", .identifier),
  ]

  private static let search = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/orders", id: "searchOrders", summary: "Orders, newest first.",
      tag: OrderRoutes.tag, access: .permission(.orderRead), query: filters + QueryReader.page,
      responses: [.init(200, "A page.", .page(OrderSchema.ofUser))])
  ) { node in
    .ordinary { context throws(APIError) in
      let filter = try read(context.query)
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { Identifier($0) }
      let orders = try await refusing { () async throws(OrderService.Refusal) in
        // One more than asked for tells whether another page follows.
        try await node.orders.search(
          filter, of: context.tenant.id, before: cursor, limit: limit + 1)
      }
      let page = orders.prefix(limit)
      return .page(
        page.map(view), nextCursor: orders.count > limit ? page.last?.id.description : nil)
    }
  }

  private static func read(_ query: QueryReader) throws(APIError) -> OrderFilter {
    var filter = OrderFilter()
    filter.status = try query.choice("status")
    if let text = try query.text("user") {
      guard let user = UserID(text) else { throw .invalid("user", "must be a user's name") }
      filter.user = user
    }
    if let text = try query.text("sale_id") {
      guard let sale = Identifier(text) else { throw .invalid("sale_id", "must be an id") }
      filter.sale = sale
    }
    return filter
  }

  private static func view(_ order: OrderRecord) -> JSONValue {
    guard case .object(var object) = OrderView.order(order) else {
      preconditionFailure("an order is an object")
    }
    object["user_id"] = .string(order.user)
    return .object(object)
  }
}

extension OrderSchema {
  /// An order with its user, for operators.
  static let ofUser = Schema.object(members + [.required("user_id", .string)]).named("UsersOrder")
}
