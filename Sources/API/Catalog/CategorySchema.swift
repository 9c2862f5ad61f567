internal import Domain

/// The forms of categories in requests and answers.
enum CategorySchema {
  static let draft = Schema.object([
    .required("slug", slug), .optional("parent", parent), .optional("position", position),
    .optional("names", names),
  ]).named("CategoryDraft")

  static let change = Schema.object([
    .optional("parent", parent), .optional("position", position),
    .optional("names", names.described("Languages left out stay; null takes one out.")),
  ]).named("CategoryChange")

  static let managed = Schema.object([
    .required("slug", slug), .required("parent", parent), .required("position", position),
    .required("names", names),
  ]).named("ManagedCategory")

  static let category = Schema.object([
    .required("slug", slug),
    .required("name", Schema.string.described("In the reader's language.")),
    .required("parent", parent),
  ]).named("Category")

  static let slug = ProductSchema.slug

  private static let parent = slug.nullable.described("What it is a part of; null at the top.")

  private static let position = Schema.integer(Category.Bounds.position).described(
    "The place among those of the same parent.")

  private static let names = Schema.object(
    Language.allCases.map { .optional($0.rawValue, Schema.text(Category.Bounds.name).nullable) }
  ).named("CategoryNames")
}
