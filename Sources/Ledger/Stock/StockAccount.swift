public import Domain
internal import Postgres

/// Stock of one SKU in one cell: open, or of a sale.
public struct StockAccount: Sendable, Equatable {
  /// The subject of the account's commands.
  public let id: Identifier
  public let tenant: TenantID
  public let cell: CellName
  public let scope: StockScope
  public let sku: SKU
  public let product: Identifier
  public let market: Market
  /// What the ledger knows; facts of a moment ago follow.
  public let level: StockLevel
  /// For one piece.
  public let price: Money
  /// Pieces that one user may have reserved or bought together; 0 for as many as there are.
  public let perUserLimit: Int
  /// Not while its product is a draft or retired, nor open stock that has no price in its market.
  public let isSold: Bool
  /// Counts the changes that the cell is told.
  public let version: Int
}

extension StockAccount {
  /// What an account is called in its cell.
  public struct Name: Sendable, Hashable {
    public let scope: StockScope
    public let sku: SKU

    public init(scope: StockScope, sku: SKU) {
      self.scope = scope
      self.sku = sku
    }
  }

  public var name: Name { Name(scope: scope, sku: sku) }

  /// Of `stock_accounts a` joined with `skus s`.
  static let columns = """
    a.account_id, a.tenant_id, a.cell, a.scope, a.sku, s.product_id, a.market, a.received, a.taken, \
    a.reserved, a.sold, a.price, a.currency, a.per_user_limit::bigint as per_user_limit, \
    p.status = 'active' and a.is_priced as is_sold, a.version
    """

  static let source = """
    spillway.stock_accounts a join spillway.skus s on s.tenant_id = a.tenant_id and s.sku = a.sku \
    join spillway.products p on p.tenant_id = s.tenant_id and p.product_id = s.product_id
    """

  /// What its cell is told of it, besides the level.
  public var terms: StockTerms {
    StockTerms(
      product: product.description, price: price, perUserLimit: isSold ? perUserLimit : 0,
      isSold: isSold)
  }

  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.identifier("account_id")
    tenant = try row.word("tenant_id")
    cell = try row.cell("cell")
    scope = try row.scope("scope")
    sku = try row.word("sku")
    product = try row.identifier("product_id")
    market = try row.word("market")
    level = StockLevel(
      received: try row.decode("received"), taken: try row.decode("taken"),
      reserved: try row.decode("reserved"), sold: try row.decode("sold"))
    price = Money(amount: try row.decode("price"), currency: try row.choice("currency"))
    perUserLimit = try row.decode("per_user_limit")
    isSold = try row.decode("is_sold")
    version = try row.decode("version")
  }
}
