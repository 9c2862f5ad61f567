/// What an account of stock is sold for, and to whom.
public struct StockTerms: Hashable, Sendable {
  /// The id of the product that the SKU is a kind of, by which popularity is counted.
  public var product: String
  /// For one piece.
  public var price: Money
  /// Pieces that one user may have reserved or bought together; 0 for as many as there are.
  public var perUserLimit: Int
  /// Whether it can be ordered at all; not while its product is a draft or retired, nor open stock that has
  /// no price in its market.
  public var isSold: Bool

  public init(product: String, price: Money, perUserLimit: Int = 0, isSold: Bool = true) {
    self.product = product
    self.price = price
    self.perUserLimit = perUserLimit
    self.isSold = isSold
  }

  /// Stands for the limit in a cell while the goods are not sold.
  public static let notSold = -1

  /// What a cell is told of the limit.
  public var cellLimit: Int { isSold ? perUserLimit : Self.notSold }

  /// Bounds of what an operator may ask for.
  public enum Bounds {
    /// Minor units. A hundred lines of a thousand pieces stay far below what an `Int` holds.
    public static let price = 0...1_000_000_000_000
    public static let perUserLimit = 0...100_000
    /// Pieces of one receipt, correction or sale.
    public static let quantity = 1...1_000_000_000
  }
}
