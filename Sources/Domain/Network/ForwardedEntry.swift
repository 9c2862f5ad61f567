/// Reads the entries of the fields in which proxies tell where a request came from.
public enum ForwardedEntry {
  /// The field that the proxies write.
  public enum Field: String, Sendable, CaseIterable {
    case forwardedFor = "x-forwarded-for"
    /// RFC 7239.
    case forwarded
  }

  /// The address of one element, between commas; nil where it names none.
  public static func address(
    _ element: UnsafeRawBufferPointer, of field: Field
  ) -> IPAddress? {
    let element = trimmed(element)
    switch field {
    case .forwardedFor: return node(element)
    case .forwarded: return forwardedFor(element)
    }
  }

  /// The `for` of an element of `Forwarded`: `for=192.0.2.60;proto=http`, `for="[2001:db8::1]:4711"`.
  /// Nil when it stands twice: which one counts would be a guess.
  private static func forwardedFor(_ element: UnsafeRawBufferPointer) -> IPAddress? {
    var found: UnsafeRawBufferPointer?
    for pair in element.split(separator: UInt8(ascii: ";")) {
      let pair = trimmed(UnsafeRawBufferPointer(rebasing: pair))
      guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), equals == 3,
        pair[0] | 0x20 == UInt8(ascii: "f"), pair[1] | 0x20 == UInt8(ascii: "o"),
        pair[2] | 0x20 == UInt8(ascii: "r")
      else { continue }
      guard found == nil else { return nil }
      found = UnsafeRawBufferPointer(rebasing: pair[(equals + 1)...])
    }
    guard var value = found else { return nil }
    if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
      value = UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])
    }
    return node(value)
  }

  /// An address with or without a port; IPv6 with a port stands in brackets.
  private static func node(_ bytes: UnsafeRawBufferPointer) -> IPAddress? {
    var bytes = bytes
    if bytes.first == UInt8(ascii: "[") {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "]")),
        end == bytes.count - 1 || isPort(bytes[(end + 1)...])
      else { return nil }
      bytes = UnsafeRawBufferPointer(rebasing: bytes[1..<end])
      // Brackets are for IPv6 alone.
      guard bytes.contains(UInt8(ascii: ":")) else { return nil }
    } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      bytes.lastIndex(of: UInt8(ascii: ":")) == colon
    {
      guard isPort(bytes[colon...]) else { return nil }
      bytes = UnsafeRawBufferPointer(rebasing: bytes[..<colon])
    }
    return IPAddress(bytes: bytes)
  }

  /// A colon and one to five digits.
  private static func isPort(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    (2...6).contains(bytes.count) && bytes.first == UInt8(ascii: ":")
      && bytes.dropFirst().allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var (start, end) = (0, bytes.count)
    while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
    while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
  }
}
