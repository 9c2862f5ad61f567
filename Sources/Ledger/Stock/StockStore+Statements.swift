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
      then spillway.receive_stock_at($1, $2, $3, $4, spillway.open_scope(), $5, $6, $7, $8, $10)
      else false end
    """)

  static let requestStatement = Statement(
    "stock_request",
    """
    select case when spillway.ensure_open_account($1, $9, $4, $5)
      then spillway.request_stock_at($1, $2, $3, $4, spillway.open_scope(), $5, null, null, $6, $7,
        $8, $10, null)
      else false end
    """)

  static let transferStatement = Statement(
    "stock_transfer", "select spillway.transfer_stock($1, $2, $3, $4, $5, $6, $7, $8, $9)")

  // The receiving market's account is made by the first transfer to it.
  static let transferAbroadStatement = Statement(
    "stock_transfer_abroad",
    """
    select case when spillway.ensure_open_account($1, $10, $11, $4)
      then spillway.request_stock_at($1, $2, 'transfer', $3, spillway.open_scope(), $4, $11,
        spillway.open_scope(), $7, $8, $9, $5, $6)
      else false end
    """)

  static let movementStatement = Statement(
    "stock_movement",
    """
    select \(StockMovement.columns) from spillway.stock_movements m
     where tenant_id = $1 and movement_id = $2
    """)

  static let movementsStatement = Statement(
    "stock_movements",
    """
    select \(StockMovement.columns) from spillway.stock_movements m
     where tenant_id = $1 and sku = $2 and movement_id < $3 order by movement_id desc limit $4
    """)
}
