internal import Domain

/// Writes categories.
enum CategoryView {
  static func managed(_ category: Category) -> JSONValue {
    var names = JSONObject()
    for language in category.names.languages {
      names[language.rawValue] = JSONValue(category.names[language])
    }
    return [
      "slug": "\(category.slug)", "parent": JSONValue(category.parent?.description),
      "position": .integer(category.position), "names": .object(names),
    ]
  }

  static func category(_ category: Category, in language: Language) -> JSONValue {
    [
      "slug": "\(category.slug)", "name": .string(category.name(in: language)),
      "parent": JSONValue(category.parent?.description),
    ]
  }
}
