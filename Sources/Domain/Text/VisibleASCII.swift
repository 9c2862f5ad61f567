/// Text of visible ASCII characters (0x21 to 0x7E): nothing that a log, a header or a key could
/// mistake for structure of its own line.
enum VisibleASCII {
  /// The bytes as text if all are visible ASCII and their number lies in `count`; else nil.
  static func text(_ bytes: UnsafeRawBufferPointer, count: ClosedRange<Int>) -> String? {
    guard count.contains(bytes.count) else { return nil }
    for byte in bytes where byte < 0x21 || byte > 0x7E { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension String {
  /// Calls `body` with the UTF-8 bytes of the text.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    var copy = self
    return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
  }
}
