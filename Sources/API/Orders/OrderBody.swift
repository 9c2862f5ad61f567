internal import Domain

/// What the body of `POST /v1/orders` asks for.
struct OrderBody: Equatable {
  /// One line a SKU, in the order in which the SKUs first stand.
  private(set) var lines: [RequestedLine] = []
  var sale: Identifier?
  var market: Market?
  var coupon: Identifier?

  /// Adds a line; lines of one SKU are summed.
  ///
  /// - Returns: false when there are too many different SKUs.
  mutating func add(_ sku: SKU, _ quantity: Int) -> Bool {
    if let position = lines.firstIndex(where: { $0.sku == sku }) {
      lines[position] = RequestedLine(sku: sku, quantity: lines[position].quantity + quantity)
      return true
    }
    guard lines.count < OrderBounds.distinctSKUs.upperBound else { return false }
    lines.append(RequestedLine(sku: sku, quantity: quantity))
    return true
  }
}
