internal import Domain
internal import Ledger

/// Reads categories from request bodies.
enum CategoryReader {
  static func parts(_ fields: FieldReader) throws(APIError) -> CatalogStore.CategoryParts {
    CatalogStore.CategoryParts(
      parent: try parent(fields),
      position: try fields.present("position")?.integer(in: Category.Bounds.position),
      names: try fields.present("names").map { field throws(APIError) in
        try names(field.object())
      } ?? [:])
  }

  private static func parent(_ fields: FieldReader) throws(APIError) -> CategorySlug?? {
    switch fields.change("parent") {
    case .absent: nil
    case .null: .some(nil)
    case .value(let field): try field.slug()
    }
  }

  private static func names(_ fields: FieldReader) throws(APIError) -> [Language: String?] {
    try fields.refuseAll(but: Language.allCases.map(\.rawValue))
    var names: [Language: String?] = [:]
    for language in Language.allCases {
      switch fields.change(language.rawValue) {
      case .absent: break
      case .null: names[language] = .some(nil)
      case .value(let field): names[language] = try field.text(length: Category.Bounds.name)
      }
    }
    return names
  }
}
