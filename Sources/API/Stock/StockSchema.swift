internal import Domain

/// The forms of stock in requests and answers.
enum StockSchema {
  static let level = Schema.object([
    .required("sku", .sku),
    .required("available", Schema.integer.described("What can be ordered.")),
    .required("reserved", Schema.integer.described("Held by orders that are not paid.")),
    .required(
      "sold",
      Schema.integer.described(
        "Paid for, what came back since and is on sale again included.")),
    .required("as_of", .instant),
  ]).named("StockLevel")

  static let adjustment = Schema.object([
    .required(
      "quantity",
      Schema.integer(StockFields.adjustment).excluding(0).described(
        "Pieces that came in; below zero, pieces to take out, as far as they are there.")),
    .required("reason", .text(StockFields.reasonLength)),
    .optional("market", Schema.market.nullable.described("The tenant's own by default.")),
    .optional(
      "kind",
      Schema.oneOf(AdjustmentReader.Kind.self).nullable.described(
        "A receipt by default, a correction below zero.")),
    .optional(
      "location_id",
      Schema.identifier.nullable.described(
        "The location of the market that the pieces come to or are taken from first.")),
  ]).named("StockAdjustment")

  static let transfer = Schema.object([
    .required("from_location_id", .identifier), .required("to_location_id", .identifier),
    .required("quantity", .integer(StockTerms.Bounds.quantity)),
    .required("reason", .text(StockFields.reasonLength)),
  ]).named("StockTransfer")

  static let movement = Schema.object([
    .required("movement_id", .identifier), .required("sku", .sku),
    .required("kind", .oneOf(StockFields.kinds)),
    .required("from", account.nullable), .required("to", account.nullable),
    .required("wanted", Schema.integer.described("Pieces that were to be moved.")),
    .required(
      "moved",
      Schema.integer.nullable.described(
        "Pieces that were moved; fewer than wanted where there were no more. Null while PENDING.")),
    .required(
      "locations",
      Schema.list(of: place).described(
        "What lies where because of it; none within a market's stock.")
    ),
    .required("state", .oneOf(["PENDING", "DONE"])),
    .required("reason", .string), .required("actor", .string),
    .required("created_at", .instant), .required("finished_at", Schema.instant.nullable),
  ]).named("StockMovement")

  private static let place = Schema.object([
    .required("location_id", .identifier),
    .required("change", Schema.integer.described("Pieces that came, or below zero that left.")),
  ]).named("StockPlace")

  /// An account of stock; null stands for the outside.
  private static let account = Schema.object([
    .required("cell", .string),
    .required("sale_id", Schema.identifier.nullable.described("Null for the open stock.")),
  ]).named("StockAccount")
}

/// Bounds of stock's fields as the wire has them.
enum StockFields {
  static let adjustment =
    (-StockTerms.Bounds.quantity.upperBound)...StockTerms.Bounds.quantity.upperBound
  static let reasonLength = 1...500
  static let kinds = [
    "receipt", "correction", "sale_open", "sale_close", "return", "transfer",
  ]
}
