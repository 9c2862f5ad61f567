/// What an order was priced by besides its lines, as one word that cells keep and carry without reading
/// it: into the answer to a replay, and with the fact into the ledger.
public enum OrderTermsWord {
  /// The word of an order that is priced by its lines alone.
  public static let none = "-"
  /// Bytes.
  public static let lengths = 1...240

  /// Visible ASCII, within ``lengths``.
  public static func isValid(_ word: some Collection<UInt8>) -> Bool {
    lengths.contains(word.count) && word.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
