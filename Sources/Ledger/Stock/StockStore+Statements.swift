internal import Postgres

extension StockStore {
  static let accountStatement = Statement(
    "stock_account",
    """
    select \(StockAccount.columns) from \(StockAccount.source)
     where a.tenant_id = $1 and a.cell = $2 and a.scope = $3 and a.sku = $4
    """)

  static let accountsStatement = Statement(
    "stock_accounts",
    """
    select \(StockAccount.columns) from \(StockAccount.source)
     where a.tenant_id = $1 and a.sku = $2 order by a.cell, a.scope
    """)

  // The account is made by the first look at it: what has a price can be received.
  static let receiveStatement = Statement(
    "stock_receive",
    """
    select case when spillway.ensure_open_account($1, $9, $4, $5)
      then spillway.receive_stock($1, $2, $3, $4, spillway.open_scope(), $5, $6, $7, $8)
      else false end
    """)

  static let requestStatement = Statement(
    "stock_request",
    """
    select case when spillway.ensure_open_account($1, $9, $4, $5)
      then spillway.request_stock($1, $2, $3, $4, spillway.open_scope(), $5, null, null, $6, $7, $8)
      else false end
    """)

  static let movementStatement = Statement(
    "stock_movement",
    """
    select \(StockMovement.columns) from spillway.stock_movements
     where tenant_id = $1 and movement_id = $2
    """)

  static let movementsStatement = Statement(
    "stock_movements",
    """
    select \(StockMovement.columns) from spillway.stock_movements
     where tenant_id = $1 and sku = $2 and movement_id < $3 order by movement_id desc limit $4
    """)
}
