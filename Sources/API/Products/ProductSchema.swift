internal import Domain

/// The forms of products and SKUs in requests and answers.
enum ProductSchema {
  static let draft = Schema.object([.required("name", name)]).named("ProductDraft")

  static let product = Schema.object([
    .required("product_id", .identifier), .required("name", name),
    .required("created_at", .instant), .required("updated_at", .instant),
  ]).named("Product")

  static let skuDraft = Schema.object([
    .required("sku", .sku), .required("product_id", .identifier), .optional("name", name),
    .required("prices", prices),
  ]).named("SKUDraft")

  static let skuChange = Schema.object([
    .optional("name", name),
    .optional("prices", prices.described("Prices of other markets stay.")),
  ]).named("SKUChange")

  static let sku = Schema.object([
    .required("sku", .sku), .required("product_id", .identifier), .required("name", name),
    .required("prices", prices),
    .required("created_at", .instant), .required("updated_at", .instant),
  ]).named("SKU")

  static let popular = Schema.object([
    .required("product_id", .identifier), .required("name", name),
    .required(
      "quantity", Schema.integer.described("Pieces ordered in the last three days (UTC).")),
  ]).named("PopularProduct")

  private static let name = Schema.text(ProductFields.nameLength)

  private static let prices = Schema.list(
    of: Schema.object([
      .required("market", .market),
      .required("amount", Schema.integer(StockTerms.Bounds.price).described("Minor units.")),
      .required("currency", .oneOf(Currency.self)),
    ]).named("Price"), limit: ProductFields.prices.upperBound)
}

/// Bounds of the fields of products and SKUs as the wire has them.
enum ProductFields {
  static let nameLength = 1...200
  /// Markets that one SKU has a price for.
  static let prices = 1...50
}
