/// An IPv4 or IPv6 address as 128 bits. IPv4 stands as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2), so
/// that an address has one value however it is written.
public struct IPAddress: Sendable, Hashable {
  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// An IPv4 address.
  public init(v4: UInt32) { self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(v4)) }

  public var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// Bits of an address of the kind.
  public var bitCount: Int { isIPv4 ? 32 : 128 }

  /// The address with only its first `length` bits, of 32 or 128.
  public func prefix(_ length: Int) -> IPAddress {
    let bits = isIPv4 ? 96 + length : length
    precondition((0...128).contains(bits), "a prefix has at most as many bits as the address")
    return IPAddress(
      high: bits >= 64 ? high : high & ~(UInt64.max >> UInt64(bits)),
      low: bits <= 64 ? 0 : bits == 128 ? low : low & ~(UInt64.max >> UInt64(bits - 64)))
  }
}

extension IPAddress: CustomStringConvertible {
  /// Dotted for IPv4; else as RFC 5952 wants it, with the longest run of zeros left out.
  public var description: String {
    if isIPv4 {
      return [24, 16, 8, 0].map { String(low >> $0 & 0xFF) }.joined(separator: ".")
    }
    let groups = (0..<8).map {
      UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> (48 - 16 * ($0 % 4)))
    }
    guard let zeros = Self.longestZeros(groups) else {
      return groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
    let head = groups[..<zeros.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
    let tail = groups[zeros.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
    return "\(head)::\(tail)"
  }

  /// Appends the text form.
  public func append(to bytes: inout [UInt8]) {
    guard isIPv4 else {
      bytes += description.utf8
      return
    }
    for shift in stride(from: UInt64(24), through: 0, by: -8) {
      let number = UInt8(truncatingIfNeeded: low >> shift)
      if number >= 100 { bytes.append(UInt8(ascii: "0") + number / 100) }
      if number >= 10 { bytes.append(UInt8(ascii: "0") + number / 10 % 10) }
      bytes.append(UInt8(ascii: "0") + number % 10)
      if shift > 0 { bytes.append(UInt8(ascii: ".")) }
    }
  }

  /// The first of the longest runs of two zero groups or more.
  private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
    var longest = 0..<0
    var start = 0
    for index in 0...groups.count where index == groups.count || groups[index] != 0 {
      if index - start > longest.count { longest = start..<index }
      start = index + 1
    }
    return longest.count >= 2 ? longest : nil
  }
}
