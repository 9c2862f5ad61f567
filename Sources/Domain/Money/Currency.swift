/// What prices and wallets are in: money, or the points of a tenant.
public enum Currency: String, Sendable, Codable, CaseIterable {
  case won = "KRW"
  case dollar = "USD"
  /// Points: goods are bought with them as with money, but they are none. No tax is due on them, no fee is
  /// charged in them, and no rate exchanges them.
  case point = "POINT"

  /// Those that are money.
  public static let money = allCases.filter(\.isMoney)

  /// Whether it is money, and not points.
  public var isMoney: Bool { self != .point }

  /// Decimal digits behind the point of a major unit: 12900 minor units are 12,900 won, 129.00 dollars,
  /// 12,900 points.
  public var minorUnitDigits: Int {
    switch self {
    case .won, .point: 0
    case .dollar: 2
    }
  }

  /// The currency of that code; nil for an unknown one.
  public init?(code bytes: UnsafeRawBufferPointer) {
    for currency in Self.allCases where bytes.elementsEqual(currency.rawValue.utf8) {
      self = currency
      return
    }
    return nil
  }
}
