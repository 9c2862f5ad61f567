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
      reason: try fields.required("reason").text(length: StockFields.reasonLength))
  }
}
