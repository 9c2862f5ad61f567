/// A part of the catalogue, which may be a part of another one.
public struct Category: Sendable, Equatable {
  public let slug: CategorySlug
  /// Nil at the top.
  public let parent: CategorySlug?
  /// The place among those of the same parent; equals stand by their slugs.
  public let position: Int
  public let names: LocalizedTexts<String>

  public init(
    slug: CategorySlug, parent: CategorySlug?, position: Int, names: LocalizedTexts<String>
  ) {
    self.slug = slug
    self.parent = parent
    self.position = position
    self.names = names
  }

  /// What a reader of `language` sees; the slug where it has no name at all.
  public func name(in language: Language) -> String {
    names.best(for: language) ?? slug.description
  }

  /// Bounds of what an operator may make.
  public enum Bounds {
    /// Characters.
    public static let name = 1...100
    public static let position = 0...1_000_000
    /// Categories between the top and a leaf, both counted.
    public static let depth = 8
    /// Categories of a tenant.
    public static let count = 2_000
    /// Categories that one product stands in.
    public static let perProduct = 20
  }
}
