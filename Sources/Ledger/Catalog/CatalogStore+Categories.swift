public import Domain
public import Postgres

extension CatalogStore {
  /// The categories of a tenant.
  public func categories(of tenant: TenantID) async throws(PostgresError) -> CategoryTree {
    let rows = try await pool.query(Self.categoriesStatement, [.text(tenant.description)])
    return CategoryTree(
      try rows.map { row throws(PostgresError) in
        let names = try row.decode("names", as: [String].self)
        var texts = LocalizedTexts<String>()
        for (index, word) in try row.decode("languages", as: [String].self).enumerated() {
          if let language = Language(rawValue: word) { texts[language] = names[index] }
        }
        return Category(
          slug: try row.word("slug"),
          parent: try row.decode("parent", as: String?.self).flatMap(CategorySlug.init),
          position: try row.decode("position"), names: texts)
      })
  }

  /// What of a category is written; `nil` leaves a part as it is.
  public struct CategoryParts: Sendable, Equatable {
    /// `.some(nil)` puts it at the top.
    public var parent: CategorySlug??
    public var position: Int?
    /// A language without a name is taken out; those that are not named stay.
    public var names: [Language: String?]

    public init(
      parent: CategorySlug?? = nil, position: Int? = nil, names: [Language: String?] = [:]
    ) {
      self.parent = parent
      self.position = position
      self.names = names
    }
  }

  /// How a category was put.
  public enum CategoryOutcome: String, Sendable {
    case put = "PUT"
    /// It was to be added and is there already.
    case conflict = "CONFLICT"
    /// It was to be changed and is not there.
    case unknown = "UNKNOWN"
    /// There is no such parent, or it is the category itself, a part of it, or too deep.
    case parent = "PARENT"
    /// The tenant has as many as it may.
    case full = "FULL"
  }

  /// What came of a wish to take a category out.
  public enum CategoryDeletion: String, Sendable {
    case deleted = "DELETED"
    /// It is not there.
    case unknown = "UNKNOWN"
    /// Other categories are parts of it.
    case parts = "PARTS"
    /// There are products in it, whatever their status.
    case products = "PRODUCTS"
  }

  /// Takes out a category that nothing is in.
  public func delete(
    _ slug: CategorySlug, of tenant: TenantID
  ) async throws(PostgresError) -> CategoryDeletion {
    let rows = try await pool.query(
      Self.deleteCategoryStatement, [.text(tenant.description), .text(slug.description)])
    return try rows[0].choice("delete_category")
  }

  /// Adds a category, or changes one.
  public func put(
    _ slug: CategorySlug, _ parts: CategoryParts, isNew: Bool, of tenant: TenantID
  ) async throws(PostgresError) -> CategoryOutcome {
    let names = parts.names.sorted { $0.key.rawValue < $1.key.rawValue }
    let parent = parts.parent.map { $0?.description ?? "" }
    let rows = try await pool.query(
      Self.putCategoryStatement,
      [
        .text(tenant.description), .text(slug.description), .bool(isNew), .optional(parent),
        .optional(parts.position.map(Int32.init)), .array(names.map(\.key.rawValue)),
        .array(names.map(\.value)), .int8(Int64(Category.Bounds.depth)),
        .int8(Int64(Category.Bounds.count)),
      ])
    return try rows[0].choice("put_category")
  }
}
