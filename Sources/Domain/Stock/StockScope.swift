/// What a quantity of stock is there for: one sale, or whatever is sold without one.
public enum StockScope: TextCodable {
  /// For what is sold without a sale.
  case open
  /// For the sale of that id.
  case sale(Identifier)

  private static let openText = "open"

  /// Reads `open` or the id of a sale; nil for anything else.
  public init?(_ text: String) {
    guard let value = text.withBytes({ StockScope(text: $0) }) else { return nil }
    self = value
  }

  /// The same from raw bytes.
  public init?(text bytes: UnsafeRawBufferPointer) {
    if bytes.elementsEqual(Self.openText.utf8) {
      self = .open
    } else if let sale = Identifier(text: bytes) {
      self = .sale(sale)
    } else {
      return nil
    }
  }

  /// The sale; nil for ``open``.
  public var sale: Identifier? {
    switch self {
    case .open: nil
    case .sale(let id): id
    }
  }

  public var description: String {
    switch self {
    case .open: Self.openText
    case .sale(let id): id.description
    }
  }
}
