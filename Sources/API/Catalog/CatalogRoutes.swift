internal import Domain
internal import Services

/// The catalogue, for whoever wants to look.
enum CatalogRoutes {
  static let all: [Route<Node>] = [list, read, categories]

  private static let list = Route<Node>(
    RouteDescription(
      .get, "/v1/products", id: "listCatalog",
      summary: "Products of a market, found by words, by category, in an order of choice.",
      tag: tag, access: .visitor,
      query: QueryReader.page + [
        .init(
          "q", "Words, beginnings or parts of words, in Korean or English; all must be there.",
          .text(CatalogQuery.searchLength)),
        .init("category", "Only what is in this category or a part of it.", CategorySchema.slug),
        .init("sort", "The order; popularity by default.", .oneOf(CatalogSort.self)),
        QueryReader.market,
      ],
      responses: [.init(200, "A page.", .page(CatalogSchema.entry))], entityTag: .cached)
  ) { node in
    let answers = CatalogAnswers(node: node)
    return .ordinary { context throws(APIError) in
      try await answers.page(CatalogReader.query(context), context)
    }
  }

  private static let read = Route<Node>(
    RouteDescription(
      .get, "/v1/products/{id}", id: "getCatalogProduct",
      summary: "One product with its SKUs, their stock and prices, and what promotes it.",
      tag: tag, access: .visitor,
      query: [QueryReader.market],
      responses: [.init(200, "The product.", .data(CatalogSchema.product))], errors: [.notFound],
      entityTag: .cached)
  ) { node in
    let answers = CatalogAnswers(node: node)
    return .ordinary { context throws(APIError) in
      try await answers.product(context.identifier("id"), in: context.market(), context)
    }
  }

  private static let categories = Route<Node>(
    RouteDescription(
      .get, "/v1/categories", id: "listCategories",
      summary: "All categories, each behind the one that it is a part of.", tag: tag,
      access: .visitor,
      responses: [.init(200, "All on one page.", .page(CategorySchema.category))],
      entityTag: .cached)
  ) { node in
    let answers = CatalogAnswers(node: node)
    return .ordinary { context throws(APIError) in try await answers.categories(context) }
  }

  private static let tag = "Catalog"
}
