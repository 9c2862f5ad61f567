internal import Domain
internal import Services

/// Sales as operators manage them.
enum SaleRoutes {
  static let all: [Route<Node>] = [create, list, read, change]

  private static let create = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/sales", id: "createSale",
      summary: "Create a sale; it takes its stock from the open stock shortly before it opens.",
      tag: tag, access: .permission(.saleWrite), body: .json(SaleSchema.draft),
      responses: [.init(201, "The sale.", .data(SaleSchema.sale))])
  ) { node in
    .ordinary { context throws(APIError) in
      let draft = try SaleReader.draft(try context.fields())
      let record = try await refusing { () async throws(OperatorRefusal) in
        try await node.sales.create(draft, for: context.tenant, by: context.principal.user)
      }
      return .data(
        SaleView.sale(record.sale, createdAt: record.createdAt, updatedAt: record.updatedAt),
        status: 201)
    }
  }

  private static let list = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/sales", id: "listSales", summary: "Sales, newest first.", tag: tag,
      access: .permission(.saleRead), query: QueryReader.page,
      responses: [.init(200, "A page.", .page(SaleSchema.sale))])
  ) { node in
    .ordinary { context throws(APIError) in
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { Identifier($0) }
      let records = try await refusing { () async throws(OperatorRefusal) in
        try await node.sales.list(of: context.tenant.id, before: cursor, limit: limit + 1)
      }
      let page = records.prefix(limit)
      return .page(
        page.map {
          SaleView.sale($0.sale, createdAt: $0.createdAt, updatedAt: $0.updatedAt)
        }, nextCursor: records.count > limit ? page.last?.sale.id.description : nil)
    }
  }

  private static let read = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/sales/{id}", id: "getSale", summary: "One sale.", tag: tag,
      access: .permission(.saleRead),
      responses: [.init(200, "The sale.", .data(SaleSchema.sale))])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let record = try await refusing { () async throws(OperatorRefusal) in
        try await node.sales.read(id, of: context.tenant.id)
      }
      return .data(
        SaleView.sale(record.sale, createdAt: record.createdAt, updatedAt: record.updatedAt))
    }
  }

  private static let change = Route<Node>(
    RouteDescription(
      .patch, "/v1/admin/sales/{id}", id: "changeSale",
      summary: "Change what is named, while the sale is not over.", tag: tag,
      access: .permission(.saleWrite), body: .json(SaleSchema.change),
      responses: [.init(200, "The changed sale.", .data(SaleSchema.sale))], errors: [.conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let change = try SaleReader.change(try context.fields())
      let record = try await refusing { () async throws(OperatorRefusal) in
        try await node.sales.change(id, of: context.tenant.id, change)
      }
      return .data(
        SaleView.sale(record.sale, createdAt: record.createdAt, updatedAt: record.updatedAt))
    }
  }

  private static let tag = "Sales"
}
