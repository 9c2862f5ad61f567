internal import COpenSSL

/// Random bits fit for secrets, drawn from OpenSSL's generator in blocks, so that one number costs
/// no call of the system.
public struct SecureRandom: RandomNumberGenerator, Sendable {
  private var block: [UInt64] = []

  /// Numbers drawn at a time.
  private static let blockCount = 64

  /// Draws nothing yet.
  public init() {}

  public mutating func next() -> UInt64 {
    if block.isEmpty {
      block = Array(repeating: 0, count: Self.blockCount)
      block.withUnsafeMutableBytes { Self.fill($0) }
    }
    return block.removeLast()
  }

  /// `count` random bytes.
  public static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { fill($0) }
    return bytes
  }

  private static func fill(_ target: UnsafeMutableRawBufferPointer) {
    // Without randomness nothing secret can be made: there is no way on.
    precondition(
      RAND_bytes(target.baseAddress!.assumingMemoryBound(to: UInt8.self), Int32(target.count)) == 1,
      "the system has no randomness")
  }
}
