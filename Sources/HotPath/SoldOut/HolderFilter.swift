/// A Bloom filter over the users that hold a coupon of an exhausted campaign.
///
/// It never denies a holder; about one in a hundred thousand others is taken for one and costs a
/// Redis call. Source: B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors"
/// (1970), with the double hashing of Kirsch and Mitzenmacher (2006).
public struct HolderFilter: Sendable {
  /// Bits a holder, and bits set for each: about 1 in 100,000 false positives.
  public static let bitsPerHolder = 24
  private static let probes = 8

  private var words: [UInt64]
  private let mask: UInt64

  /// Makes room for `holders` users.
  public init(holders: Int) {
    var bits = 64
    while bits < max(holders, 1) * Self.bitsPerHolder { bits *= 2 }
    words = [UInt64](repeating: 0, count: bits / 64)
    mask = UInt64(bits - 1)
  }

  public mutating func insert(_ user: UnsafeRawBufferPointer) {
    let (first, step) = Self.hashes(of: user)
    for probe in 0..<UInt64(Self.probes) {
      let bit = (first &+ probe &* step) & mask
      words[Int(bit >> 6)] |= 1 << (bit & 63)
    }
  }

  /// False only when `user` was never inserted.
  public func mayContain(_ user: UnsafeRawBufferPointer) -> Bool {
    let (first, step) = Self.hashes(of: user)
    for probe in 0..<UInt64(Self.probes) {
      let bit = (first &+ probe &* step) & mask
      if words[Int(bit >> 6)] & (1 << (bit & 63)) == 0 { return false }
    }
    return true
  }

  /// FNV-1a, then two finalizers of SplitMix64.
  private static func hashes(of user: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in user { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return (mix(hash), mix(hash ^ 0x9E37_79B9_7F4A_7C15) | 1)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
