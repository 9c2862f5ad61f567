internal import Domain

/// Writes sales as operators see them.
enum SaleView {
  static func sale(_ sale: Sale, createdAt: Instant, updatedAt: Instant) -> JSONValue {
    let isOwn = sale.cell == CellName.own(by: sale.tenant, sale: sale.id)
    return [
      "sale_id": "\(sale.id)",
      "name": .string(sale.name),
      "market": "\(sale.market)",
      "opens_at": "\(sale.terms.opensAt)",
      "closes_at": "\(sale.terms.closesAt)",
      "items": .array(sale.items.map(item)),
      "state": .string(sale.state.rawValue),
      "cell": .string((isOwn ? SaleFields.Cell.own : .shared).rawValue),
      "cell_name": .string(sale.cell.text),
      "acknowledge": .string(sale.acknowledgement.rawValue),
      "room_id": JSONValue(sale.room?.description),
      "rate_policy": sale.terms.ratePolicy.map(RatePolicyFields.view) ?? nil,
      "reservation_seconds": JSONValue(sale.reservationSeconds),
      "version": .integer(sale.version),
      "created_at": "\(createdAt)",
      "updated_at": "\(updatedAt)",
    ]
  }

  private static func item(_ item: SaleItem) -> JSONValue {
    [
      "sku": "\(item.sku)",
      "quantity": .integer(item.quantity),
      "price": JSONValue(item.price),
      "per_user_limit": item.perUserLimit > 0 ? .integer(item.perUserLimit) : nil,
    ]
  }
}
