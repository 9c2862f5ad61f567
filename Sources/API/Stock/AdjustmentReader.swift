internal import Domain
internal import Ledger
internal import Services

/// Reads adjustments of stock from request bodies.
enum AdjustmentReader {
  /// What an operator may call an adjustment.
  enum Kind: String, CaseIterable {
    case receipt, correction
  }

  static func adjustment(
    _ fields: FieldReader, of sku: SKU, _ tenant: Tenant
  ) throws(APIError) -> StockService.Adjustment {
    let field = try fields.required("quantity")
    let change = try field.integer(in: StockFields.adjustment)
    guard change != 0 else { throw field.refusal("must not be 0") }
    let kind = try fields.optional("kind")?.choice(Kind.self)
    if kind == .receipt, change < 0 { throw field.refusal("must be above 0 for a receipt") }
    let market = try fields.optional("market")?.marketName() ?? Market(tenant.defaultMarket)
    guard let market else { throw .invalid("market", "is required") }
    return StockService.Adjustment(
      sku: sku, market: market,
      kind: kind == .correction || change < 0 ? .correction : .receipt, change: change,
      reason: try fields.required("reason").text(length: StockFields.reasonLength),
      location: try fields.optional("location_id")?.identifier())
  }

  static func transfer(
    _ fields: FieldReader, of sku: SKU
  ) throws(APIError) -> StockService.Transfer {
    let source = try fields.required("from_location_id").identifier()
    let target = try fields.required("to_location_id")
    guard try target.identifier() != source else {
      throw target.refusal("must be another location")
    }
    return StockService.Transfer(
      sku: sku, source: source, target: try target.identifier(),
      quantity: try fields.required("quantity").integer(in: StockTerms.Bounds.quantity),
      reason: try fields.required("reason").text(length: StockFields.reasonLength))
  }
}
