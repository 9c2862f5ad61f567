public import Domain

/// Pieces that a movement took out of an account, as the stream carries it:
///
///     <movement> <scope> <sku> <taken> <now ms>
public struct StockTakenFact: Sendable, Equatable {
  /// The field of a stream entry that holds this kind of fact.
  public static let kind = "stock.taken"

  public let movement: Identifier
  public let scope: StockScope
  public let sku: SKU
  /// Pieces; 0 when none were free.
  public let taken: Int
  public let takenAt: Instant

  /// Parses the payload that the script wrote; `nil` when it is malformed.
  public init?(payload: UnsafeRawBufferPointer) {
    var scanner = LineScanner(payload)
    guard let name = scanner.word(), let movement = Identifier(text: name),
      let scopeText = scanner.word(), let scope = StockScope(text: scopeText),
      let skuText = scanner.word(), let sku = SKU(bytes: skuText), let taken = scanner.number(),
      let now = scanner.number(), scanner.endLine(), scanner.isAtEnd
    else { return nil }
    self.movement = movement
    self.scope = scope
    self.sku = sku
    self.taken = taken
    takenAt = Instant(milliseconds: Int64(now))
  }
}
