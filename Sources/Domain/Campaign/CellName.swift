/// The name of a cell: the unit of atomicity and of scale, and the hash tag of all its keys.
///
/// Lowercase letters, digits, `-`, `_` and `.`, 1 to 63 characters, beginning with a letter or digit.
public struct CellName: Sendable, Hashable, CustomStringConvertible {
  public let text: String

  /// Returns `nil` when `text` is no cell name.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard (1...63).contains(bytes.count), Self.isAlphanumeric(bytes[0]),
      bytes.allSatisfy({ Self.isAlphanumeric($0) || "-_.".utf8.contains($0) })
    else { return nil }
    self.text = text
  }

  /// The shared cell of a tenant's market, for example `demo.kr`.
  public static func shared(by tenant: TenantID, market: String) -> CellName? {
    CellName("\(tenant).\(market.lowercased())")
  }

  /// A cell of a sale's own, for example `demo.sale-0123456789abcdef`.
  public static func own(by tenant: TenantID, sale: Identifier) -> CellName? {
    let digits = String(sale.low, radix: 16)
    return CellName(
      "\(tenant).sale-\(String(repeating: "0", count: 16 - digits.count))\(digits)")
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  public var description: String { text }
}
