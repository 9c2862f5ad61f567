internal import Domain

/// The forms of products and SKUs in requests and answers.
enum ProductSchema {
  static let draft = Schema.object([
    .optional("name", name.described("Where no language fits. Left out, one of the texts' names.")),
    .optional("status", .oneOf(ProductStatus.self)), .optional("texts", texts),
    .optional("categories", categories),
  ]).named("ProductDraft")

  static let change = Schema.object([
    .optional("name", name), .optional("status", .oneOf(ProductStatus.self)),
    .optional("texts", texts.described("Languages left out stay; null takes one out.")),
    .optional("categories", categories.described("All that it is to stand in.")),
  ]).named("ProductChange")

  static let product = Schema.object([
    .required("product_id", .identifier), .required("name", name),
    .required(
      "status", Schema.oneOf(ProductStatus.self).described("Only active ones are shown.")),
    .required("texts", texts), .required("categories", categories),
    .required("created_at", .instant), .required("updated_at", .instant),
  ]).named("Product")

  static let skuDraft = Schema.object([
    .required("sku", .sku), .required("product_id", .identifier), .optional("name", name),
    .required("prices", .list(of: price, count: ProductFields.prices)),
    .optional("sale_prices", salePrices),
  ]).named("SKUDraft")

  static let skuChange = Schema.object([
    .optional("name", name),
    .optional(
      "prices",
      priceChanges.described("Prices of other markets stay; one whose amount is null goes.")),
    .optional("sale_prices", salePrices.described("All that it is to have.")),
  ]).named("SKUChange")

  static let sku = Schema.object([
    .required("sku", .sku), .required("product_id", .identifier), .required("name", name),
    .required("prices", .list(of: price, limit: ProductFields.prices.upperBound)),
    .required("sale_prices", salePrices),
    .required("created_at", .instant), .required("updated_at", .instant),
  ]).named("SKU")

  static let popular = Schema.object([
    .required("product_id", .identifier), .required("name", name),
    .required(
      "quantity", Schema.integer.described("Pieces ordered in the last three days (UTC).")),
  ]).named("PopularProduct")

  private static let name = Schema.text(ProductFields.nameLength)

  private static let texts = Schema.object(
    Language.allCases.map { language in
      .optional(
        language.rawValue,
        Schema.object([
          .required("name", .text(ProductText.Bounds.name)),
          .optional("description", Schema.text(ProductText.Bounds.description).nullable),
        ]).nullable)
    }
  ).named("ProductTexts")

  static let slug = Schema.pattern("^[a-z0-9]+(-[a-z0-9]+)*$")

  private static let categories = Schema.list(of: slug, limit: Category.Bounds.perProduct)

  private static let salePrices = Schema.list(
    of: Schema.object([
      .required("market", .market),
      .required("amount", Schema.integer(StockTerms.Bounds.price).described("Minor units.")),
      .required("currency", .currency),
      .required("starts_at", .instant),
      .required("ends_at", Schema.instant.described("The first instant without it.")),
    ]).named("SalePrice"), limit: SalePrice.maximumCount)

  private static let price = Schema.object([
    .required("market", .market),
    .required("amount", Schema.integer(StockTerms.Bounds.price).described("Minor units.")),
    .required("currency", .currency),
  ]).named("Price")

  private static let priceChanges = Schema.list(
    of: Schema.object([
      .required("market", .market),
      .required(
        "amount",
        Schema.integer(StockTerms.Bounds.price).nullable.described(
          "Minor units; null takes the price away, with its sale prices: the SKU is then not sold in this market, unless by a sale."
        )),
      .optional(
        "currency",
        Schema.oneOf(Currency.self).described(
          "A currency, or `POINT` for points. Needed unless amount is null.")),
    ]).named("PriceChange"), count: ProductFields.prices)
}

/// Bounds of the fields of products and SKUs as the wire has them.
enum ProductFields {
  static let nameLength = 1...200
  /// Markets that one SKU has a price for.
  static let prices = 1...50
}
