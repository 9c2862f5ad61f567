/// The place of a request in a distributed trace (W3C Trace Context).
public struct TraceContext: Sendable, Equatable {
  /// 32 lower-case hexadecimal digits, not all zero.
  public let traceID: String
  /// The caller's span: 16 lower-case hexadecimal digits; nil where the trace begins here.
  public let parentID: String?
  public let isSampled: Bool

  /// Characters of a version 00 `traceparent`.
  private static let length = 55

  /// Reads a `traceparent`; nil for anything that the recommendation says to ignore.
  init?(_ bytes: UnsafeRawBufferPointer) {
    // A later version may append fields behind a hyphen (section 3.2.4).
    guard bytes.count >= Self.length,
      let version = Self.hexadecimal(bytes, 0..<2), version != "ff",
      bytes.count == Self.length || (version != "00" && bytes[Self.length] == UInt8(ascii: "-")),
      bytes[2] == UInt8(ascii: "-"), bytes[35] == UInt8(ascii: "-"),
      bytes[52] == UInt8(ascii: "-"),
      let trace = Self.hexadecimal(bytes, 3..<35), trace.contains(where: { $0 != "0" }),
      let parent = Self.hexadecimal(bytes, 36..<52), parent.contains(where: { $0 != "0" }),
      let flags = Self.hexadecimal(bytes, 53..<55)
    else { return nil }
    traceID = trace
    parentID = parent
    isSampled = UInt8(flags, radix: 16)! & 1 == 1
  }

  /// A trace that begins with the request, of an id that is random.
  init(from random: inout some RandomNumberGenerator) {
    // All zero is no id; odd never is.
    traceID = Self.hexadecimal(random.next()) + Self.hexadecimal(random.next() | 1)
    parentID = nil
    isSampled = false
  }

  private static func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func hexadecimal(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
  ) -> String? {
    for byte in bytes[range] {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): continue
      default: return nil
      }
    }
    return String(decoding: bytes[range], as: UTF8.self)
  }
}
