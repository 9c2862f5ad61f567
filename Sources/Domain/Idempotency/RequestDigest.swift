/// 128 bits that stand for something longer: an idempotency key with whose it is, or a request. Written
/// as 32 hexadecimal digits.
public struct RequestDigest: Hashable, Sendable, CustomStringConvertible {
  public let high: UInt64
  public let low: UInt64

  /// Characters of the text form.
  public static let textCount = 32

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads the text form; nil for anything else.
  public init?(text bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.textCount else { return nil }
    var halves: (UInt64, UInt64) = (0, 0)
    for position in 0..<Self.textCount {
      let digit: UInt8
      switch bytes[position] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[position] - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[position] - UInt8(ascii: "a") + 10
      default: return nil
      }
      if position < Self.textCount / 2 {
        halves.0 = halves.0 << 4 | UInt64(digit)
      } else {
        halves.1 = halves.1 << 4 | UInt64(digit)
      }
    }
    self.init(high: halves.0, low: halves.1)
  }

  /// Writes the 32 digits, lower case, to the start of `target`.
  public func writeText(to target: UnsafeMutableRawPointer) {
    var rest = high
    for position in 0..<Self.textCount {
      if position == Self.textCount / 2 { rest = low }
      let digit = UInt8(truncatingIfNeeded: rest >> 60)
      let byte = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      target.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
      rest <<= 4
    }
  }

  public var description: String {
    String(unsafeUninitializedCapacity: Self.textCount) { buffer in
      writeText(to: buffer.baseAddress!)
      return Self.textCount
    }
  }
}

extension RequestDigest {
  /// The digest of this one with a salt: the first 128 bits of the SHA-256 digest of the salt's 16 bytes and these.
  ///
  /// What is shortened to fewer bits, as in an ``OrderKey``, must be salted before: of 74 bits that anybody can
  /// compute, two equal ones are found in seconds.
  public func salted(with salt: Identifier) -> RequestDigest {
    let digest = SHA256.digest(salt.binary + Identifier(high: high, low: low).binary)
    return digest.withUnsafeBytes { bytes in
      RequestDigest(
        high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
  }
}

/// The idempotency key of a request, digested.
public struct RequestIdempotency: Hashable, Sendable {
  /// Names (tenant, principal, endpoint, key); an order's names the cell in place of the tenant, and is salted.
  public let key: RequestDigest
  /// Names the request that the key came with.
  public let fingerprint: RequestDigest

  public init(key: RequestDigest, fingerprint: RequestDigest) {
    self.key = key
    self.fingerprint = fingerprint
  }
}
