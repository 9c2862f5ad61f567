internal import Domain
internal import Services

/// Reads products and SKUs from request bodies.
enum ProductReader {
  static func name(_ fields: FieldReader) throws(APIError) -> String {
    try fields.required("name").text(length: ProductFields.nameLength)
  }

  static func sku(_ fields: FieldReader) throws(APIError) -> SKUDraft {
    let sku = try fields.required("sku").sku()
    return SKUDraft(
      sku: sku, product: try fields.required("product_id").identifier(),
      name: try fields.optional("name")?.text(length: ProductFields.nameLength)
        ?? sku.description,
      prices: try prices(fields.required("prices")))
  }

  static func change(_ fields: FieldReader) throws(APIError) -> SKUChange {
    guard fields.hasAny(of: ["name", "prices"]) else {
      throw .invalid("body", "must name a field that can be changed")
    }
    for name in ["sku", "product_id"] {
      if let field = fields.optional(name) { throw field.refusal("cannot be changed") }
    }
    return SKUChange(
      name: try fields.present("name")?.text(length: ProductFields.nameLength),
      prices: try fields.present("prices").map { field throws(APIError) in try prices(field) }
        ?? [:])
  }

  private static func prices(_ field: Field) throws(APIError) -> [Market: Money] {
    let elements = try field.list(limit: ProductFields.prices.upperBound)
    guard !elements.isEmpty else { throw field.refusal("must have at least one element") }
    var prices: [Market: Money] = [:]
    for element in elements {
      let fields = try element.object()
      let market = try fields.required("market")
      let price = Money(
        amount: try fields.required("amount").integer(in: StockTerms.Bounds.price),
        currency: try fields.required("currency").choice())
      guard prices.updateValue(price, forKey: try market.marketName()) == nil else {
        throw market.refusal("stands twice")
      }
    }
    return prices
  }
}
