/// What a wallet counts: what prices are in (money in minor units, or points), or credits of a service.
public enum WalletUnit: TextCodable {
  case currency(Currency)
  /// Credits of the service of that name: 1 to 40 lower-case letters, digits, `.`, `_` and `-`.
  case credit(service: String)

  /// Points, which pay for what is priced in them.
  public static let point = WalletUnit.currency(.point)

  private static let creditPrefix = "credit:"

  /// Longest name of a service in bytes.
  public static let maximumServiceCount = 40

  /// Reads `KRW`, `POINT` or `credit:<service>`; nil for anything else.
  public init?(_ text: String) {
    if let currency = Currency(rawValue: text) {
      self = .currency(currency)
    } else if text.hasPrefix(Self.creditPrefix) {
      let service = String(text.dropFirst(Self.creditPrefix.count))
      guard Self.isService(service) else { return nil }
      self = .credit(service: service)
    } else {
      return nil
    }
  }

  public var description: String {
    switch self {
    case .currency(let currency): currency.rawValue
    case .credit(let service): Self.creditPrefix + service
    }
  }

  private static func isService(_ name: String) -> Bool {
    guard (1...maximumServiceCount).contains(name.utf8.count) else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}
