/// A currency that prices are in.
public enum Currency: String, Sendable, Codable, CaseIterable {
  case won = "KRW"
  case dollar = "USD"

  /// Decimal digits behind the point of a major unit: 12900 minor units are 12,900 won, 129.00 dollars.
  public var minorUnitDigits: Int {
    switch self {
    case .won: 0
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
