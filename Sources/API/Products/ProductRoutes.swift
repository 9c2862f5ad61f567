internal import Domain
internal import Services

/// Products and what of them can be counted and sold, as operators manage them.
enum ProductRoutes {
  static let all: [Route<Node>] = [
    popular, createProduct, listProducts, readProduct, changeProduct, createSKU, listSKUs, readSKU,
    changeSKU,
  ]

  private static let popular = Route<Node>(
    RouteDescription(
      .get, "/v1/products/popular", id: "listPopularProducts",
      summary: "The \(PopularityService.limit) most ordered products of a market.", tag: tag,
      access: .visitor,
      query: [QueryReader.market],
      responses: [.init(200, "The best first; all on one page.", .page(ProductSchema.popular))],
      entityTag: .cached)
  ) { node in
    .ordinary { context throws(APIError) in
      let market = try context.market()
      do {
        let top = try await node.popularity.top(in: market, of: context.tenant.id)
        let language = context.readerLanguage
        return .rendered(
          RenderedData(
            page: top.map { ProductView.popular($0, in: language) }, nextCursor: nil), brief)
      } catch {
        throw .unavailable
      }
    }
  }

  /// As long as the service tells the same.
  private static let brief = CachePolicy(control: "public, max-age=1")

  // MARK: Products

  private static let createProduct = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/products", id: "createProduct", summary: "Create a product.", tag: tag,
      access: .permission(.productWrite), body: .json(ProductSchema.draft),
      responses: [.init(201, "The product.", .data(ProductSchema.product))])
  ) { node in
    .ordinary { context throws(APIError) in
      let parts = try ProductReader.parts(try context.fields())
      let product = try await refusing { () async throws(OperatorRefusal) in
        try await node.products.create(parts, of: context.tenant.id, by: context.principal.user)
      }
      return .data(ProductView.product(product), status: 201)
    }
  }

  private static let listProducts = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/products", id: "listProducts", summary: "Products, newest first.", tag: tag,
      access: .permission(.stockRead), query: QueryReader.page,
      responses: [.init(200, "A page.", .page(ProductSchema.product))])
  ) { node in
    .ordinary { context throws(APIError) in
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { Identifier($0) }
      let products = try await refusing { () async throws(OperatorRefusal) in
        try await node.products.list(of: context.tenant.id, before: cursor, limit: limit + 1)
      }
      let page = products.prefix(limit)
      return .page(
        page.map(ProductView.product),
        nextCursor: products.count > limit ? page.last?.id.description : nil)
    }
  }

  private static let readProduct = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/products/{id}", id: "getProduct", summary: "One product.", tag: tag,
      access: .permission(.stockRead),
      responses: [.init(200, "The product.", .data(ProductSchema.product))])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let product = try await refusing { () async throws(OperatorRefusal) in
        try await node.products.find(id, of: context.tenant.id)
      }
      return .data(ProductView.product(product))
    }
  }

  private static let changeProduct = Route<Node>(
    RouteDescription(
      .patch, "/v1/admin/products/{id}", id: "changeProduct",
      summary: "Change the parts of a product that are named.",
      tag: tag, access: .permission(.productWrite), body: .json(ProductSchema.change),
      responses: [.init(200, "The changed product.", .data(ProductSchema.product))])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let parts = try ProductReader.productChange(try context.fields())
      let product = try await refusing { () async throws(OperatorRefusal) in
        try await node.products.change(
          id, parts, of: context.tenant.id, by: context.principal.user)
      }
      return .data(ProductView.product(product))
    }
  }

  // MARK: SKUs

  private static let createSKU = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/skus", id: "createSKU",
      summary: "Add a SKU to a product, with its prices.", tag: tag,
      access: .permission(.productWrite), body: .json(ProductSchema.skuDraft),
      responses: [.init(201, "The SKU.", .data(ProductSchema.sku))], errors: [.conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let draft = try ProductReader.sku(try context.fields())
      let unit = try await refusing { () async throws(OperatorRefusal) in
        try await node.products.create(draft, of: context.tenant.id, by: context.principal.user)
      }
      return .data(ProductView.sku(unit), status: 201)
    }
  }

  private static let listSKUs = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/skus", id: "listSKUs", summary: "SKUs by name.", tag: tag,
      access: .permission(.stockRead),
      query: QueryReader.page + [
        .init("product_id", "Only those of this product.", .identifier)
      ],
      responses: [.init(200, "A page.", .page(ProductSchema.sku))])
  ) { node in
    .ordinary { context throws(APIError) in
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { SKU($0) }
      var product: Identifier?
      if let text = try context.query.text("product_id") {
        product = Identifier(text)
        if product == nil { throw .invalid("product_id", "must be a UUID") }
      }
      let only = product
      let units = try await refusing { () async throws(OperatorRefusal) in
        try await node.products.list(
          of: context.tenant.id, product: only, after: cursor, limit: limit + 1)
      }
      let page = units.prefix(limit)
      return .page(
        page.map(ProductView.sku),
        nextCursor: units.count > limit ? page.last?.sku.description : nil)
    }
  }

  private static let readSKU = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/skus/{sku}", id: "getSKU", summary: "One SKU.", tag: tag,
      access: .permission(.stockRead),
      responses: [.init(200, "The SKU.", .data(ProductSchema.sku))])
  ) { node in
    .ordinary { context throws(APIError) in
      let sku = try sku(of: context)
      let unit = try await refusing { () async throws(OperatorRefusal) in
        try await node.products.find(sku, of: context.tenant.id)
      }
      return .data(ProductView.sku(unit))
    }
  }

  private static let changeSKU = Route<Node>(
    RouteDescription(
      .patch, "/v1/admin/skus/{sku}", id: "changeSKU",
      summary:
        "Change a SKU's name or the prices of the markets that are named; null takes one away.",
      tag: tag, access: .permission(.productWrite), body: .json(ProductSchema.skuChange),
      responses: [.init(200, "The changed SKU.", .data(ProductSchema.sku))], errors: [.conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let sku = try sku(of: context)
      let change = try ProductReader.change(try context.fields())
      let unit = try await refusing { () async throws(OperatorRefusal) in
        try await node.products.change(
          sku, change, of: context.tenant.id, by: context.principal.user)
      }
      return .data(ProductView.sku(unit))
    }
  }

  private static let tag = "Products"

  /// A capture that is no SKU's name names nothing.
  private static func sku(of context: RequestContext) throws(APIError) -> SKU {
    guard let sku = SKU(context.parameter("sku")) else { throw .notFound }
    return sku
  }
}
