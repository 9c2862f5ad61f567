/// The categories of a tenant as a tree.
public struct CategoryTree: Sendable, Equatable {
  /// All, from the top down: each parent before its parts, and those of one parent in their order.
  public let ordered: [Category]
  private let bySlug: [CategorySlug: Category]

  /// - Parameter categories: in any order. What is under a parent that is missing, or in a ring, is left
  ///   out: the ledger keeps neither.
  public init(_ categories: [Category] = []) {
    let children = Dictionary(grouping: categories) { $0.parent }
    var ordered: [Category] = []
    func visit(_ parent: CategorySlug?) {
      for category in (children[parent] ?? []).sorted(by: Self.comesBefore) {
        ordered.append(category)
        visit(category.slug)
      }
    }
    visit(nil)
    self.ordered = ordered
    bySlug = Dictionary(ordered.map { ($0.slug, $0) }) { first, _ in first }
  }

  public subscript(slug: CategorySlug) -> Category? { bySlug[slug] }

  /// A category and all that it is a part of, from itself to the top; empty for an unknown one.
  public func line(of slug: CategorySlug) -> [CategorySlug] {
    var line: [CategorySlug] = []
    var next: CategorySlug? = slug
    while let slug = next, let category = bySlug[slug] {
      line.append(slug)
      next = category.parent
    }
    return line
  }

  /// The categories given, with all that they are parts of.
  public func closure(of slugs: [CategorySlug]) -> Set<CategorySlug> {
    Set(slugs.flatMap { line(of: $0) })
  }

  private static func comesBefore(_ a: Category, _ b: Category) -> Bool {
    (a.position, a.slug.description) < (b.position, b.slug.description)
  }
}
