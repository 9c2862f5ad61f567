/// A block of addresses, such as `10.0.0.0/8` or `2001:db8::/32`.
public struct IPNetwork: Sendable, Hashable, LosslessStringConvertible {
  /// The first address of the block.
  public let base: IPAddress
  /// Leading bits that all addresses of the block share: of 32 for IPv4, of 128 for IPv6.
  public let prefixLength: Int

  /// Reads an address with or without a prefix length. Nil for all else, and when bits behind the
  /// prefix are set: whoever wrote that meant another block.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let address = IPAddress(String(parts[0])) else {
      return nil
    }
    var length = address.bitCount
    if parts.count == 2 {
      guard let given = Int(parts[1]), (0...address.bitCount).contains(given),
        parts[1].allSatisfy(\.isNumber)
      else { return nil }
      length = given
    }
    guard address.prefix(length) == address else { return nil }
    base = address
    prefixLength = length
  }

  public func contains(_ address: IPAddress) -> Bool {
    address.isIPv4 == base.isIPv4 && address.prefix(prefixLength) == base
  }

  public var description: String { "\(base)/\(prefixLength)" }
}
