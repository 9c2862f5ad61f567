internal import Domain

/// Reads what somebody asks the catalogue for.
enum CatalogReader {
  static func query(_ context: RequestContext) throws(APIError) -> CatalogQuery {
    let query = context.query
    let sort = try query.choice("sort", of: CatalogSort.self) ?? .popularity
    var category: CategorySlug?
    if let text = try query.text("category") {
      guard let slug = CategorySlug(text) else {
        throw .invalid("category", "must be the slug of a category")
      }
      category = slug
    }
    let search = try query.text("q")
    if let search, !CatalogQuery.searchLength.contains(search.unicodeScalars.count) {
      throw .invalid("q", "must have at most \(CatalogQuery.searchLength.upperBound) characters")
    }
    // What is no text of PostgreSQL is found nowhere.
    if let search, search.contains("\0") {
      throw .invalid("q", "must not contain control characters")
    }
    let wanted = sort
    let cursor = try query.cursor { text in
      CatalogCursor(text).flatMap { $0.sort == wanted ? $0 : nil }
    }
    return CatalogQuery(
      market: try context.market(), sort: sort, category: category, search: search,
      cursor: cursor, limit: try query.limit())
  }
}
