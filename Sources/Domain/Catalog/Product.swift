/// What is sold, in one kind or several (SKUs).
public struct Product: Sendable, Equatable {
  public let id: Identifier
  /// What it is called where no language fits.
  public let name: String
  public let status: ProductStatus
  public let texts: LocalizedTexts<ProductText>
  /// The categories that it stands in itself, by their slugs.
  public let categories: [CategorySlug]
  public let createdAt: Instant
  public let updatedAt: Instant

  public init(
    id: Identifier, name: String, status: ProductStatus, texts: LocalizedTexts<ProductText>,
    categories: [CategorySlug], createdAt: Instant, updatedAt: Instant
  ) {
    self.id = id
    self.name = name
    self.status = status
    self.texts = texts
    self.categories = categories
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  /// What a reader of `language` sees.
  public func text(in language: Language) -> ProductText {
    texts.best(for: language) ?? ProductText(name: name)
  }
}
