/// What an account of stock is sold for, and to whom.
public struct StockTerms: Hashable, Sendable {
  /// The id of the product that the SKU is a kind of, by which popularity is counted.
  public var product: String
  /// For one piece.
  public var price: Money
  /// Pieces that one user may have reserved or bought together; 0 for as many as there are.
  public var perUserLimit: Int

  public init(product: String, price: Money, perUserLimit: Int = 0) {
    self.product = product
    self.price = price
    self.perUserLimit = perUserLimit
  }

  /// Bounds of what an operator may ask for.
  public enum Bounds {
    /// Minor units. A hundred lines of a thousand pieces stay far below what an `Int` holds.
    public static let price = 0...1_000_000_000_000
    public static let perUserLimit = 0...100_000
    /// Pieces of one receipt, correction or sale.
    public static let quantity = 1...1_000_000_000
  }
}
