/// The host of a request in one form, so that all spellings of it find the same tenant: lower case,
/// without port and without the trailing dot of an absolute name.
public struct Host: TextCodable {
  /// The text form; an IPv6 address keeps its brackets.
  public let description: String

  /// Longest name of a host in bytes (RFC 1035, section 2.3.4).
  public static let maximumCount = 253

  /// Nil if `text` is no host.
  public init?(_ text: String) {
    guard let value = text.withBytes({ Host(bytes: $0) }) else { return nil }
    self = value
  }

  /// Takes the value of a `Host` header: a name or an address, and a port or none. Nil for anything
  /// else.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard var end = Self.endOfName(bytes) else { return nil }
    if end > 0, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
    guard (1...Self.maximumCount).contains(end) else { return nil }
    let name = UnsafeRawBufferPointer(rebasing: bytes[..<end])
    guard Self.isAddress(name) || Self.isName(name) else { return nil }
    description = String(unsafeUninitializedCapacity: end) { buffer in
      for position in 0..<end { buffer[position] = Self.lowercased(name[position]) }
      return end
    }
  }

  /// Where the port, if any, is cut off; nil if what stands there is no port.
  private static func endOfName(_ bytes: UnsafeRawBufferPointer) -> Int? {
    let bracket = bytes.lastIndex(of: UInt8(ascii: "]")) ?? -1
    guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")), colon > bracket else {
      return bytes.count
    }
    var port = 0
    for byte in bytes[(colon + 1)...] {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      port = port * 10 + Int(byte - UInt8(ascii: "0"))
      if port > 65535 { return nil }
    }
    return colon
  }

  private static func isAddress(_ name: UnsafeRawBufferPointer) -> Bool {
    guard name.count > 2, name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") else {
      return false
    }
    return name[1..<name.count - 1].allSatisfy { byte in
      switch lowercased(byte) {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: ":"), UInt8(ascii: "."):
        true
      default: false
      }
    }
  }

  private static func isName(_ name: UnsafeRawBufferPointer) -> Bool {
    var previous = UInt8(ascii: ".")
    for byte in name {
      switch lowercased(byte) {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        break
      case UInt8(ascii: "."): if previous == UInt8(ascii: ".") { return false }
      default: return false
      }
      previous = byte
    }
    return previous != UInt8(ascii: ".")
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
