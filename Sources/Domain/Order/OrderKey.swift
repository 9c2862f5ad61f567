/// The idempotency key of an order, as the part of the order's id that does not tell the time.
///
/// An order's id is a version 7 UUID (RFC 9562): the instant at which its cell granted it, and behind it these
/// 74 bits, where others have random ones. They come from a digest of the cell, the user, the endpoint and the
/// key, salted so that nobody can look for two keys that become one; so an order's record is found by its key and
/// by its id.
///
/// Written as the last 21 characters of such an id, `xxx-xxxx-xxxxxxxxxxxx`.
public struct OrderKey: Hashable, Sendable, CustomStringConvertible {
  /// The id of an order with this key that is granted at the beginning of 1970.
  public let first: Identifier

  /// Characters of the text form.
  public static let textCount = 21
  /// Characters of an id that stand before those of its key: the time, and the version.
  private static let textStart = Identifier.textCount - textCount

  private init(high: UInt64, low: UInt64) {
    first = Identifier(
      at: Instant(milliseconds: 0), counter: UInt16(truncatingIfNeeded: high), random: low)
  }

  /// The key that a digest stands for, which is salted: the last 76 bits but for two, which an id has for its
  /// variant.
  public init(_ digest: RequestDigest) { self.init(high: digest.high, low: digest.low) }

  /// The key of an order: of one that was granted by another version, what stands in its place.
  public init(of order: Identifier) { self.init(high: order.high, low: order.low) }

  /// Reads the text form, digits in either case; nil for anything else.
  public init?(text bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.textCount else { return nil }
    let whole = withUnsafeTemporaryAllocation(byteCount: Identifier.textCount, alignment: 8) {
      text in
      Self.beginning.writeText(to: text.baseAddress!)
      UnsafeMutableRawBufferPointer(rebasing: text[Self.textStart...]).copyMemory(from: bytes)
      return Identifier(text: UnsafeRawBufferPointer(text))
    }
    guard let whole else { return nil }
    self.init(of: whole)
    // The bits of the variant are no part of the key.
    guard first == whole else { return nil }
  }

  /// The id of the order that is granted at `instant`.
  @inline(__always)
  public func order(at instant: Instant) -> Identifier {
    Identifier(
      at: instant, counter: UInt16(truncatingIfNeeded: first.high), random: first.low)
  }

  /// Writes the 21 characters, lower case, to the start of `target`.
  public func writeText(to target: UnsafeMutableRawPointer) {
    withUnsafeTemporaryAllocation(byteCount: Identifier.textCount, alignment: 8) { text in
      first.writeText(to: text.baseAddress!)
      target.copyMemory(
        from: text.baseAddress! + Self.textStart, byteCount: Self.textCount)
    }
  }

  public var description: String {
    String(unsafeUninitializedCapacity: Self.textCount) { buffer in
      writeText(to: buffer.baseAddress!)
      return Self.textCount
    }
  }

  private static let beginning = Identifier(
    at: Instant(milliseconds: 0), counter: 0, random: 0)
}
