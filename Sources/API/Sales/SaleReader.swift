internal import Domain
internal import Services

/// Reads sales, and changes of them, from request bodies.
enum SaleReader {
  static func draft(_ fields: FieldReader) throws(APIError) -> SaleDraft {
    let terms = SaleTerms(
      opensAt: try fields.required("opens_at").instant(),
      closesAt: try fields.required("closes_at").instant(),
      ratePolicy: try fields.optional("rate_policy")?.ratePolicy(scopes: SaleFields.rateScopes))
    guard terms.closesAt > terms.opensAt else {
      throw .invalid("closes_at", "must be after opens_at")
    }
    return SaleDraft(
      name: try fields.required("name").text(length: SaleTerms.Bounds.nameLength),
      market: try fields.optional("market")?.marketName(), terms: terms,
      items: try items(fields.required("items")),
      hasOwnCell: try fields.optional("cell")?.choice(SaleFields.Cell.self) == .own,
      acknowledgement: try fields.optional("acknowledge")?.choice() ?? .hot,
      reservationSeconds: try fields.optional("reservation_seconds")?.integer(
        in: OrderBounds.reservationSeconds),
      room: try fields.optional("room_id")?.identifier())
  }

  static func change(_ fields: FieldReader) throws(APIError) -> SaleChange {
    guard fields.hasAny(of: SaleFields.changeable) else {
      throw .invalid("body", "must name a field that can be changed")
    }
    for name in ["items", "cell", "market"] {
      if let field = fields.optional(name) { throw field.refusal("cannot be changed") }
    }
    var change = SaleChange()
    if let field = try fields.present("name") {
      change.name = try field.text(length: SaleTerms.Bounds.nameLength)
    }
    change.opensAt = try fields.present("opens_at")?.instant()
    change.closesAt = try fields.present("closes_at")?.instant()
    change.acknowledgement = try fields.present("acknowledge")?.choice()
    switch fields.change("rate_policy") {
    case .absent: break
    case .null: change.ratePolicy = .remove
    case .value(let field):
      change.ratePolicy = .set(try field.ratePolicy(scopes: SaleFields.rateScopes))
    }
    switch fields.change("reservation_seconds") {
    case .absent: break
    case .null: change.reservationSeconds = .remove
    case .value(let field):
      change.reservationSeconds = .set(try field.integer(in: OrderBounds.reservationSeconds))
    }
    switch fields.change("room_id") {
    case .absent: break
    case .null: change.room = .remove
    case .value(let field): change.room = .set(try field.identifier())
    }
    return change
  }

  private static func items(_ field: Field) throws(APIError) -> [SaleItem] {
    let elements = try field.list(limit: SaleTerms.Bounds.items.upperBound)
    guard !elements.isEmpty else { throw field.refusal("must have at least one element") }
    var items: [SaleItem] = []
    for element in elements {
      let fields = try element.object()
      let sku = try fields.required("sku")
      let item = SaleItem(
        sku: try sku.sku(),
        quantity: try fields.required("quantity").integer(in: StockTerms.Bounds.quantity),
        price: try fields.required("price").money(in: StockTerms.Bounds.price),
        perUserLimit: try fields.optional("per_user_limit")?.integer(in: SaleFields.perUserLimit)
          ?? 0)
      guard !items.contains(where: { $0.sku == item.sku }) else {
        throw sku.refusal("stands twice")
      }
      if let first = items.first, first.price.currency != item.price.currency {
        throw .invalid(
          "\(element.path).price.currency", "must be \(first.price.currency.rawValue) throughout")
      }
      items.append(item)
    }
    return items
  }
}
