internal import Domain

/// Reads orders' terms out of facts. Neighbours mostly have the same: these are read once.
struct TermsReader: Sendable {
  private var word: [UInt8] = Array(OrderTermsWord.none.utf8)
  private var terms = OrderTerms.none

  /// Nil for what no node of a version up to this one wrote.
  mutating func read(_ bytes: UnsafeRawBufferPointer) -> OrderTerms? {
    if word.count == bytes.count, word.elementsEqual(bytes) { return terms }
    guard let read = OrderTerms(String(decoding: bytes, as: UTF8.self)) else { return nil }
    word = Array(bytes)
    terms = read
    return read
  }
}
