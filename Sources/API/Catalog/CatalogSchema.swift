internal import Domain

/// The forms of products as buyers see them.
enum CatalogSchema {
  static let entry = Schema.object(head).named("CatalogEntry")

  static let product = Schema.object(
    head + [
      .required("skus", .list(of: unit)),
      .required(
        "promotions",
        Schema.object([
          .required("sales", .list(of: sale)), .required("coupons", .list(of: coupon)),
        ]).named("Promotions")),
      .required("updated_at", .instant),
    ]
  ).named("CatalogProduct")

  private static let head: [Schema.Member] = [
    .required("product_id", .identifier),
    .required("name", Schema.string.described("In the reader's language.")),
    .required(
      "description",
      Schema.string.described(
        "In lists the first \(CatalogView.excerptLength) letters, the last of them … where there are more."
      )),
    .required("categories", .list(of: CategorySchema.slug)),
    .required(
      "price", Schema.money.described("Of the SKU whose amount is least now, whatever it is in.")),
    .required("sale_price", salePrice),
    .required("available", available),
    .required(
      "sale_ids", Schema.list(of: .identifier).described("Open sales that have a SKU of it.")),
    .required(
      "campaign_ids",
      Schema.list(of: .identifier).described(
        "Campaigns whose coupons can be claimed now and used for it.")),
  ]

  private static let unit = Schema.object([
    .required("sku", .sku), .required("name", .string), .required("price", .money),
    .required("sale_price", salePrice), .required("available", available),
  ]).named("CatalogSKU")

  private static let salePrice = Schema.object([
    .required("amount", Schema.integer.described("Minor units.")),
    .required("currency", .currency),
    .required("ends_at", Schema.instant.nullable),
  ]).named("CurrentSalePrice").nullable.described("What an order is charged instead, for a while.")

  private static let available = Schema.integer.nullable.described(
    "Pieces that can be ordered without a sale, at most a second ago; null while that is unknown.")

  private static let sale = Schema.object([
    .required("sale_id", .identifier), .required("name", .string), .required("sku", .sku),
    .required("price", .money), .required("per_user_limit", Schema.integer.nullable),
    .required("closes_at", .instant),
  ]).named("SalePromotion")

  private static let coupon = Schema.object([
    .required("campaign_id", .identifier), .required("name", .string),
    .required("discount", CampaignSchema.discount),
    .required("min_subtotal", Schema.integer.nullable), .required("closes_at", .instant),
    .required("expires_at", Schema.instant.nullable.described("When its coupons end.")),
    .required(
      "claimable",
      Schema.boolean.described(
        "Whether its coupons can be claimed now; if not, they are for those who hold one.")),
  ]).named("CouponPromotion")
}
