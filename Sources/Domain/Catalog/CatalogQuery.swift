/// A page of products that somebody asks for.
public struct CatalogQuery: Sendable, Hashable {
  public var market: Market
  public var sort: CatalogSort
  /// Only what is in this category or a part of it.
  public var category: CategorySlug?
  /// Only what has these words, or parts of them.
  public var search: String?
  /// Of the same sort; nil for the first page.
  public var cursor: CatalogCursor?
  public var limit: Int

  public init(
    market: Market, sort: CatalogSort = .popularity, category: CategorySlug? = nil,
    search: String? = nil, cursor: CatalogCursor? = nil, limit: Int
  ) {
    precondition(cursor.map { $0.sort == sort } ?? true, "a cursor of another sort")
    self.market = market
    self.sort = sort
    self.category = category
    self.search = search
    self.cursor = cursor
    self.limit = limit
  }

  /// Characters of a search.
  public static let searchLength = 1...100
}
