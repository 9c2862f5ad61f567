extension IPAddress {
  /// Longest text form in bytes.
  private static let maximumCount = 45

  /// Nil if `text` is no address.
  public init?(_ text: String) {
    guard let address = text.withBytes({ IPAddress(bytes: $0) }) else { return nil }
    self = address
  }

  /// Reads dotted IPv4 (four numbers without leading zeros, which some read as octal) or any form of
  /// RFC 4291, section 2.2. Nil for all else: ports, brackets, zones and names included.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard (2...Self.maximumCount).contains(bytes.count) else { return nil }
    if bytes.contains(UInt8(ascii: ":")) {
      guard let groups = Self.groups(bytes) else { return nil }
      self.init(
        high: groups[..<4].reduce(0) { $0 << 16 | UInt64($1) },
        low: groups[4...].reduce(0) { $0 << 16 | UInt64($1) })
    } else {
      guard let number = Self.dotted(bytes[...]) else { return nil }
      self.init(v4: number)
    }
  }

  private static func dotted(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt32? {
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var number: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0")
      else { return nil }
      var value: UInt32 = 0
      for byte in part {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
      }
      guard value <= 255 else { return nil }
      number = number << 8 | value
    }
    return number
  }

  /// The eight groups of an IPv6 address.
  private static func groups(_ bytes: UnsafeRawBufferPointer) -> [UInt16]? {
    guard let gap = gap(in: bytes) else {
      guard let all = side(bytes[...], mayEndDotted: true), all.count == 8 else { return nil }
      return all
    }
    guard let head = side(bytes[..<gap], mayEndDotted: false),
      let tail = side(bytes[(gap + 2)...], mayEndDotted: true)
    else { return nil }
    let missing = 8 - head.count - tail.count
    // A gap stands for one group at least.
    guard missing >= 1 else { return nil }
    return head + [UInt16](repeating: 0, count: missing) + tail
  }

  /// Where the first `::` is. A second one ends in an empty group, which is refused.
  private static func gap(in bytes: UnsafeRawBufferPointer) -> Int? {
    (0..<bytes.count - 1).first {
      bytes[$0] == UInt8(ascii: ":") && bytes[$0 + 1] == UInt8(ascii: ":")
    }
  }

  /// The groups on one side of the gap; none for an empty side.
  private static func side(
    _ bytes: Slice<UnsafeRawBufferPointer>, mayEndDotted: Bool
  ) -> [UInt16]? {
    if bytes.isEmpty { return [] }
    var groups: [UInt16] = []
    let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if mayEndDotted, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
        guard let number = dotted(part) else { return nil }
        groups += [UInt16(number >> 16), UInt16(number & 0xFFFF)]
      } else {
        guard let group = hexadecimal(part) else { return nil }
        groups.append(group)
      }
      if groups.count > 8 { return nil }
    }
    return groups
  }

  private static func hexadecimal(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt16? {
    guard (1...4).contains(bytes.count) else { return nil }
    var group: UInt16 = 0
    for byte in bytes {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        return nil
      }
      group = group << 4 | UInt16(digit)
    }
    return group
  }
}
