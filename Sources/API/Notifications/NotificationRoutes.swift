internal import Domain
internal import Services

/// What became of users' orders, coupons and wallets, told in their language.
enum NotificationRoutes {
  static let all: [Route<Node>] = [list]

  private static let list = Route<Node>(
    RouteDescription(
      .get, "/v1/notifications", id: "listNotifications",
      summary:
        "What the caller is told of orders, payments, coupons and the wallet, newest first. What "
        + "happened in the last moment follows.", tag: "Notifications",
      access: .permission(.personalUse),
      query: QueryReader.page, responses: [.init(200, "A page.", .page(notification))])
  ) { node in
    .ordinary { context throws(APIError) in
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { Identifier($0) }
      let told = try await refusing { () async throws(NotificationService.Refusal) in
        // One more than asked for tells whether another page follows.
        try await node.notifications.list(
          of: context.principal.user, tenant: context.tenant.id, before: cursor, limit: limit + 1)
      }
      let page = told.prefix(limit)
      return .page(
        page.map { view($0, context, node) },
        nextCursor: told.count > limit ? page.last?.id.description : nil)
    }
  }

  private static let notification = Schema.object([
    .required("id", Schema.identifier.described("Always the same for the same event.")),
    .required("kind", .oneOf(NotificationKind.self)),
    .required("title", Schema.string.described("A few words in the reader's language.")),
    .required("body", Schema.string.described("A sentence or two in the reader's language.")),
    .required("order_id", Schema.identifier.nullable.described("The order that it is about.")),
    .required("coupon_id", Schema.identifier.nullable.described("The coupon that it is about.")),
    .required("created_at", Schema.instant.described("When it happened.")),
  ]).named("Notification")

  /// Dates are by the clocks of the order's market, as on its receipt; else by those of the reader's.
  private static func view(
    _ notification: UserNotification, _ context: RequestContext, _ node: Node
  ) -> JSONValue {
    let market = notification.market ?? context.readerMarket
    let rules = market.flatMap { node.markets.rules(of: context.tenant.id, in: $0) }
    let text = notification.text(in: context.readerLanguage, offset: rules?.utcOffset ?? 0)
    return [
      "id": "\(notification.id)",
      "kind": .string(notification.content.kind.rawValue),
      "title": .string(text.title),
      "body": .string(text.body),
      "order_id": JSONValue(notification.content.order?.description),
      "coupon_id": JSONValue(notification.content.coupon?.description),
      "created_at": "\(notification.createdAt)",
    ]
  }
}

extension NotificationService.Refusal: WireRefusal {
  var onWire: APIError {
    switch self {
    case .unavailable: .unavailable
    }
  }
}
