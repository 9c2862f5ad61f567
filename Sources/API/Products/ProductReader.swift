internal import Domain
internal import Ledger
internal import Services

/// Reads products and SKUs from request bodies.
enum ProductReader {
  static func parts(_ fields: FieldReader) throws(APIError) -> ProductStore.ProductParts {
    ProductStore.ProductParts(
      name: try fields.present("name")?.text(length: ProductText.Bounds.name),
      status: try fields.present("status")?.choice(),
      texts: try fields.present("texts").map { field throws(APIError) in
        try texts(field.object())
      } ?? [:],
      categories: try fields.present("categories").map { field throws(APIError) in
        try categories(field)
      })
  }

  static func productChange(_ fields: FieldReader) throws(APIError) -> ProductStore.ProductParts {
    guard fields.hasAny(of: ["name", "status", "texts", "categories"]) else {
      throw .invalid("body", "must name a field that can be changed")
    }
    return try parts(fields)
  }

  private static func texts(_ fields: FieldReader) throws(APIError) -> [Language: ProductText?] {
    try fields.refuseAll(but: Language.allCases.map(\.rawValue))
    var texts: [Language: ProductText?] = [:]
    for language in Language.allCases {
      switch fields.change(language.rawValue) {
      case .absent: break
      case .null: texts[language] = .some(nil)
      case .value(let field):
        let members = try field.object()
        texts[language] = ProductText(
          name: try members.required("name").text(length: ProductText.Bounds.name),
          description: try members.optional("description")?.prose(
            length: ProductText.Bounds.description) ?? "")
      }
    }
    return texts
  }

  private static func categories(_ field: Field) throws(APIError) -> [CategorySlug] {
    var slugs: [CategorySlug] = []
    for element in try field.list(limit: Category.Bounds.perProduct) {
      let slug = try element.slug()
      guard !slugs.contains(slug) else { throw element.refusal("stands twice") }
      slugs.append(slug)
    }
    return slugs
  }

  static func sku(_ fields: FieldReader) throws(APIError) -> SKUDraft {
    let sku = try fields.required("sku").sku()
    return SKUDraft(
      sku: sku, product: try fields.required("product_id").identifier(),
      name: try fields.optional("name")?.text(length: ProductFields.nameLength)
        ?? sku.description,
      prices: try prices(fields.required("prices")),
      salePrices: try fields.optional("sale_prices").map { field throws(APIError) in
        try salePrices(field)
      })
  }

  static func change(_ fields: FieldReader) throws(APIError) -> SKUChange {
    guard fields.hasAny(of: ["name", "prices", "sale_prices"]) else {
      throw .invalid("body", "must name a field that can be changed")
    }
    for name in ["sku", "product_id"] {
      if let field = fields.optional(name) { throw field.refusal("cannot be changed") }
    }
    let prices = try fields.present("prices").map { field throws(APIError) in
      try priceChanges(field)
    }
    return SKUChange(
      name: try fields.present("name")?.text(length: ProductFields.nameLength),
      prices: (prices ?? [:]).compactMapValues { $0 },
      withdrawn: Set((prices ?? [:]).filter { $0.value == nil }.keys),
      salePrices: try fields.present("sale_prices").map { field throws(APIError) in
        try salePrices(field)
      })
  }

  private static func salePrices(_ field: Field) throws(APIError) -> [SalePriceDraft] {
    var drafts: [SalePriceDraft] = []
    for element in try field.list(limit: SalePrice.maximumCount) {
      let fields = try element.object()
      let end = try fields.required("ends_at")
      let draft = SalePriceDraft(
        market: try fields.required("market").marketName(),
        currency: try fields.required("currency").choice(),
        price: SalePrice(
          amount: try fields.required("amount").integer(in: StockTerms.Bounds.price),
          startsAt: try fields.required("starts_at").instant(), endsAt: try end.instant()))
      guard draft.price.endsAt > draft.price.startsAt else {
        throw end.refusal("must be after starts_at")
      }
      for other in drafts where other.market == draft.market {
        if other.price.overlaps(draft.price) { throw element.refusal("overlaps another one") }
      }
      drafts.append(draft)
    }
    return drafts
  }

  private static func prices(_ field: Field) throws(APIError) -> [Market: Money] {
    try each(field) { fields throws(APIError) in try price(fields) }
  }

  /// Nil for a price that is to be taken away: one whose amount is null.
  private static func priceChanges(_ field: Field) throws(APIError) -> [Market: Money?] {
    try each(field) { fields throws(APIError) in
      guard case .null = fields.change("amount") else { return try price(fields) }
      // It may stand there as it was read.
      _ = try fields.optional("currency")?.choice(Currency.self)
      return nil
    }
  }

  private static func price(_ fields: FieldReader) throws(APIError) -> Money {
    Money(
      amount: try fields.required("amount").integer(in: StockTerms.Bounds.price),
      currency: try fields.required("currency").choice())
  }

  /// What `read` makes of the elements of a list that each name another market.
  private static func each<Value>(
    _ field: Field, _ read: (FieldReader) throws(APIError) -> Value
  ) throws(APIError) -> [Market: Value] {
    let elements = try field.list(limit: ProductFields.prices.upperBound)
    guard !elements.isEmpty else { throw field.refusal("must have at least one element") }
    var values: [Market: Value] = [:]
    for element in elements {
      let fields = try element.object()
      let market = try fields.required("market")
      let value = try read(fields)
      guard values.updateValue(value, forKey: try market.marketName()) == nil else {
        throw market.refusal("stands twice")
      }
    }
    return values
  }
}
