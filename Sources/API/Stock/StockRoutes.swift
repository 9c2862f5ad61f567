internal import Domain
internal import Services

/// Stock, for buyers to see and for operators to adjust.
enum StockRoutes {
  static let all: [Route<Node>] = [level, adjust, transfer, adjustments, movements]

  private static let level = Route<Node>(
    RouteDescription(
      .get, "/v1/skus/{sku}/stock", id: "getStock",
      summary: "How much of a SKU is there now, of a sale or of the open stock.", tag: tag,
      access: .visitor,
      query: [
        QueryReader.market,
        .init("sale_id", "The sale; without it, the open stock.", .identifier),
      ],
      responses: [.init(200, "The stock as its cell has it.", .data(StockSchema.level))],
      errors: [.notFound])
  ) { node in
    .ordinary { context throws(APIError) in
      let sku = try sku(of: context)
      let scope = try await scope(of: context, node)
      let (level, asOf) = try await refusing { () async throws(StockService.Refusal) in
        try await node.stock.level(of: sku, in: scope)
      }
      return .data(StockView.level(level, of: sku, asOf: asOf))
    }
  }

  private static let adjust = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/skus/{sku}/stock-adjustments", id: "adjustStock",
      summary: "Book a receipt of goods into the open stock, or a correction of it.", tag: tag,
      access: .permission(.stockWrite), idempotency: .optional,
      body: .json(StockSchema.adjustment),
      responses: [
        .init(
          201, "The movement; pieces that go out may be fewer than wanted.",
          .data(StockSchema.movement))
      ], errors: [.notFound, .conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let sku = try sku(of: context)
      let wish = try AdjustmentReader.adjustment(try context.fields(), of: sku, context.tenant)
      let booked = try await refusing { () async throws(StockService.Refusal) in
        try await node.stock.adjust(
          wish, of: context.tenant.id, by: context.principal.user, idempotency: context.identity)
      }
      return answer(booked)
    }
  }

  private static let transfer = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/skus/{sku}/transfers", id: "transferStock",
      summary: "Bring goods from one location to another, of the same market or of another one.",
      tag: tag, access: .permission(.stockWrite), idempotency: .optional,
      body: .json(StockSchema.transfer),
      responses: [
        .init(
          201, "The movement; to another market only what is free there goes.",
          .data(StockSchema.movement))
      ], errors: [.notFound, .conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let wish = try AdjustmentReader.transfer(try context.fields(), of: try sku(of: context))
      let booked = try await refusing { () async throws(StockService.Refusal) in
        try await node.stock.transfer(
          wish, of: context.tenant.id, by: context.principal.user, idempotency: context.identity)
      }
      return answer(booked)
    }
  }

  private static func answer(_ booked: StockService.Booked) -> APIResponse {
    .data(
      StockView.movement(booked.movement), status: 201,
      headers: booked.isReplay ? [APIResponse.replayed] : [])
  }

  private static let movements = log("movements", id: "listStockMovements")
  private static let adjustments = log("stock-adjustments", id: "listStockAdjustments")

  /// The audit log of a SKU's stock, under both of its names.
  private static func log(_ name: String, id: String) -> Route<Node> {
    Route<Node>(
      RouteDescription(
        .get, "/v1/admin/skus/{sku}/\(name)", id: id,
        summary: "All movements of a SKU's stock, newest first: who moved what, when and why.",
        tag: tag, access: .permission(.stockRead), query: QueryReader.page,
        responses: [.init(200, "A page.", .page(StockSchema.movement))])
    ) { node in .ordinary { context throws(APIError) in try await log(context, node) } }
  }

  private static func log(
    _ context: RequestContext, _ node: Node
  ) async throws(APIError) -> APIResponse {
    let sku = try sku(of: context)
    let limit = try context.query.limit()
    let cursor = try context.query.cursor { Identifier($0) }
    let movements = try await refusing { () async throws(StockService.Refusal) in
      try await node.stock.movements(
        of: sku, tenant: context.tenant.id, before: cursor, limit: limit + 1)
    }
    let page = movements.prefix(limit)
    return .page(
      page.map(StockView.movement),
      nextCursor: movements.count > limit ? page.last?.id.description : nil)
  }

  private static let tag = "Stock"

  // MARK: What is asked for

  /// A capture that is no SKU's name names nothing.
  private static func sku(of context: RequestContext) throws(APIError) -> SKU {
    guard let sku = SKU(context.parameter("sku")) else { throw .notFound }
    return sku
  }

  private static func scope(
    of context: RequestContext, _ node: Node
  ) async throws(APIError) -> OrderScope {
    let tenant = context.tenant
    let market = try context.market()
    guard let text = try context.query.text("sale_id") else {
      return try await found { try await node.openStock.scope(of: market, tenant.id) }
    }
    guard let sale = Identifier(text) else { throw .invalid("sale_id", "must be a UUID") }
    let scope = try await found { try await node.saleDirectory.scope(of: sale, tenant.id) }
    try context.checkMarket(of: scope)
    return scope
  }

  private static func found(
    _ body: () async throws -> OrderScope?
  ) async throws(APIError) -> OrderScope {
    let scope: OrderScope?
    do { scope = try await body() } catch { throw .unavailable }
    guard let scope else { throw .notFound }
    return scope
  }
}

extension StockService.Refusal: WireRefusal {
  var onWire: APIError {
    switch self {
    case .notFound: .notFound
    case .invalid(let field, let reason): .invalid(field, reason)
    case .short(let available):
      APIError(
        .conflict,
        details: [
          "reason": "fewer pieces lie at the location", "available": .integer(available),
        ])
    case .keyReused: APIError(.idempotencyKeyReuse)
    case .unavailable: .unavailable
    }
  }
}
