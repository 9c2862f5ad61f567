internal import Domain

/// The forms of locations in requests and answers.
enum LocationSchema {
  static let draft = Schema.object([
    .required("name", name),
    .optional("market", Schema.market.nullable.described("The tenant's own by default.")),
    .optional("priority", priority.nullable),
  ]).named("LocationDraft")

  static let change = Schema.object([
    .optional("name", name),
    .optional("priority", priority),
    .optional("active", active),
    .optional(
      "default", Schema.constant(true).described("Takes it from the location that has it.")),
  ]).named("LocationChange")

  static let location = Schema.object([
    .required("location_id", .identifier), .required("market", .market),
    .required("name", name), .required("priority", priority),
    .required("active", active),
    .required(
      "default", Schema.boolean.described("It takes what comes in without a word where to.")),
    .required("created_at", .instant), .required("updated_at", .instant),
  ]).named("Location")

  static let holding = Schema.object([
    .required("location_id", .identifier), .required("market", .market),
    .required("name", name),
    .required(
      "quantity",
      Schema.integer.described("Pieces that lie there, with those that are sold and not shipped.")),
  ]).named("LocationHolding")

  private static let name = Schema.text(LocationFields.nameLength)
  private static let priority = Schema.integer(LocationFields.priority).described(
    "Goods are taken from the lowest first; \(LocationFields.defaultPriority) by default.")
  private static let active = Schema.boolean.described(
    "From one that is not, goods are taken only when no other has any.")
}

/// Bounds of the fields of locations as the wire has them.
enum LocationFields {
  static let nameLength = 1...200
  static let priority = 0...10_000
  static let defaultPriority = 100
}
