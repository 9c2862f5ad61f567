internal import Postgres

extension StockContents {
  /// The cell's tenant, with which every key begins.
  private static let tenant = "(select tenant_id from spillway.cells where cell = $1)"

  static let standingStatement = Statement(
    "stock_contents_standing",
    """
    select cursor_milliseconds, cursor_sequence, (select count(*) from spillway.cell_commands c
        where c.cell = $1 and applied_at is null)
      from spillway.cells where cell = $1
    """)

  static let accountsStatement = Statement(
    "stock_contents_accounts",
    """
    select \(StockAccount.columns) from \(StockAccount.source)
     where a.tenant_id = \(tenant) and a.cell = $1 and (a.scope, a.sku) > ($2, $3)
     order by a.scope, a.sku limit $4
    """)

  static let someAccountsStatement = Statement(
    "stock_contents_accounts_of",
    """
    select \(StockAccount.columns) from \(StockAccount.source)
     where a.tenant_id = \(tenant) and a.cell = $1 and a.account_id = any($2)
    """)

  static let salesStatement = Statement(
    "stock_contents_sales",
    """
    select \(SaleStore.columns) from spillway.sales s
     where tenant_id = \(tenant) and cell = $1 and sale_id > $2 order by sale_id limit $3
    """)

  static let someSalesStatement = Statement(
    "stock_contents_sales_of",
    """
    select \(SaleStore.columns) from spillway.sales s
     where tenant_id = \(tenant) and cell = $1 and sale_id = any($2)
    """)

  static let takesStatement = Statement(
    "stock_contents_takes",
    """
    select movement_id, from_scope, sku, wanted from spillway.stock_movements
     where tenant_id = \(tenant) and from_cell = $1 and movement_id = any($2) and state = 'PENDING'
    """)

  static let settlementsStatement = Statement(
    "stock_contents_settlements",
    """
    select o.order_id, o.scope, o.skus from spillway.orders o
     where o.tenant_id = \(tenant) and o.cell = $1 and o.order_id = any($2)
    """)
}
