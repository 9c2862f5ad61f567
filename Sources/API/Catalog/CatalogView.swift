internal import Domain
internal import Services

/// Writes products as buyers see them.
enum CatalogView {
  /// As one among others.
  static func entry(_ item: CatalogItem, in language: Language) -> JSONValue {
    var object = head(item, in: language)
    if let description = object["description"]?.string {
      object["description"] = .string(excerpt(of: description))
    }
    return .object(object)
  }

  /// Letters of a description that stand in a list.
  static let excerptLength = 300

  /// The beginning of a text, with a sign that there is more of it.
  private static func excerpt(of text: String) -> String {
    guard text.utf8.count > excerptLength, text.count > excerptLength else { return text }
    return text.prefix(excerptLength - 1) + "…"
  }

  /// With all that there is to it.
  static func product(_ item: CatalogItem, in language: Language) -> JSONValue {
    var object = head(item, in: language)
    object["skus"] = .array(item.units.map(unit))
    object["promotions"] = [
      "sales": .array(item.units.flatMap { unit in unit.sales.map(sale) }),
      "coupons": .array(item.coupons.map(coupon)),
    ]
    object["updated_at"] = "\(item.product.updatedAt)"
    return .object(object)
  }

  private static func head(_ item: CatalogItem, in language: Language) -> JSONObject {
    let text = item.product.text(in: language)
    let sales = Set(item.units.flatMap { $0.sales.map(\.sale) }).sorted()
    let claimable = item.coupons.filter(\.isClaimable)
    return JSONObject([
      ("product_id", "\(item.product.id)"),
      ("name", .string(text.name)),
      ("description", .string(text.description)),
      ("categories", .array(item.product.categories.map { "\($0)" })),
      ("price", price(item.cheapest.price)),
      ("sale_price", salePrice(item.cheapest.price)),
      ("available", JSONValue(item.available)),
      ("sale_ids", .array(sales.map { "\($0)" })),
      ("campaign_ids", .array(claimable.map { "\($0.promotion.campaign)" })),
    ])
  }

  private static func unit(_ unit: CatalogItem.Unit) -> JSONValue {
    [
      "sku": "\(unit.sku)", "name": .string(unit.name), "price": price(unit.price),
      "sale_price": salePrice(unit.price), "available": JSONValue(unit.available),
    ]
  }

  /// What it costs without a sale price; with a price that grew a moment ago, what it costs now.
  private static func price(_ price: CatalogPrice.Shown) -> JSONValue {
    JSONValue(isOnSale(price) ? price.regular ?? price.current : price.current)
  }

  private static func salePrice(_ price: CatalogPrice.Shown) -> JSONValue {
    guard isOnSale(price) else { return nil }
    return [
      "amount": .integer(price.current.amount),
      "currency": .string(price.current.currency.rawValue),
      "ends_at": JSONValue(price.endsAt?.description),
    ]
  }

  private static func isOnSale(_ price: CatalogPrice.Shown) -> Bool {
    guard let regular = price.regular else { return false }
    return price.endsAt != nil || price.current.amount < regular.amount
  }

  private static func sale(_ sale: SalePromotion) -> JSONValue {
    [
      "sale_id": "\(sale.sale)", "name": .string(sale.name), "sku": "\(sale.sku)",
      "price": JSONValue(sale.price),
      "per_user_limit": sale.perUserLimit == 0 ? nil : .integer(sale.perUserLimit),
      "closes_at": "\(sale.closesAt)",
    ]
  }

  private static func coupon(_ coupon: CatalogItem.Coupon) -> JSONValue {
    let promotion = coupon.promotion
    return [
      "campaign_id": "\(promotion.campaign)", "name": .string(promotion.name),
      "discount": CampaignView.discount(promotion.discount),
      "min_subtotal": JSONValue(promotion.eligibility.minimumSubtotal),
      "closes_at": "\(promotion.closesAt)",
      "expires_at": JSONValue(promotion.expiresAt?.description),
      "claimable": .bool(coupon.isClaimable),
    ]
  }
}
