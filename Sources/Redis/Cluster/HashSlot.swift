/// The slot of a key in a Redis Cluster: CRC-16/XMODEM of its hash tag, modulo the number of slots (Redis
/// cluster specification, "Key distribution model" and appendix A).
public enum HashSlot {
  /// How many slots a cluster has.
  public static let count = 16_384

  public static func of(_ key: UnsafeRawBufferPointer) -> Int {
    var checksum: UInt16 = 0
    for byte in tag(of: key) {
      let index = Int((checksum >> 8) ^ UInt16(byte))
      checksum = (checksum << 8) ^ table[index]
    }
    return Int(checksum) & (count - 1)
  }

  public static func of(_ key: [UInt8]) -> Int { key.withUnsafeBytes { of($0) } }

  public static func of(_ key: String) -> Int { of(Array(key.utf8)) }

  /// What lies between the first `{` and the first `}` behind it, if that is anything; else the key.
  private static func tag(of key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key }
    let rest = UnsafeRawBufferPointer(rebasing: key[(open + 1)...])
    guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > 0 else { return key }
    return UnsafeRawBufferPointer(rebasing: rest[..<close])
  }

  /// The checksum of each byte, for the polynomial x^16 + x^12 + x^5 + 1.
  private static let table: [UInt16] = (0..<256).map { byte in
    var checksum = UInt16(byte) << 8
    for _ in 0..<8 {
      checksum = checksum & 0x8000 == 0 ? checksum << 1 : (checksum << 1) ^ 0x1021
    }
    return checksum
  }
}
