/// Some pieces of a SKU that an order has, at a price.
public struct OrderLine: Hashable, Sendable {
  public let sku: SKU
  /// Pieces.
  public let quantity: Int
  /// Minor units of the order's currency for one piece.
  public let unitPrice: Int

  public init(sku: SKU, quantity: Int, unitPrice: Int) {
    self.sku = sku
    self.quantity = quantity
    self.unitPrice = unitPrice
  }

  /// Minor units for all pieces.
  public var amount: Int { quantity * unitPrice }
}

/// Some pieces of a SKU that somebody asks for.
public struct RequestedLine: Hashable, Sendable {
  public let sku: SKU
  /// Pieces.
  public let quantity: Int

  public init(sku: SKU, quantity: Int) {
    self.sku = sku
    self.quantity = quantity
  }

  /// The lines with those of the same SKU added up, in the order in which the SKUs come first.
  public static func summed(_ lines: [RequestedLine]) -> [RequestedLine] {
    var summed: [RequestedLine] = []
    summed.reserveCapacity(lines.count)
    for line in lines {
      if let known = summed.firstIndex(where: { $0.sku == line.sku }) {
        summed[known] = RequestedLine(
          sku: line.sku, quantity: summed[known].quantity + line.quantity)
      } else {
        summed.append(line)
      }
    }
    return summed
  }
}

/// Bounds of what one order may ask for.
public enum OrderBounds {
  /// Lines as they are sent.
  public static let lines = 1...100
  /// Pieces of one line.
  public static let quantity = 1...1_000
  /// Different SKUs.
  public static let distinctSKUs = 1...50
  /// How long a reservation may be made to last.
  public static let reservationSeconds = 1...86_400
  /// How long a reservation lasts where nobody says otherwise.
  public static let defaultReservationSeconds = 600
}
