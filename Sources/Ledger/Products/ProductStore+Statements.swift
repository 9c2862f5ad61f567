internal import Postgres

extension ProductStore {
  /// A row names another one that does not exist.
  static let foreignKeyViolation = "23503"

  private static let columns = "product_id, name, created_at, updated_at"

  static let insertStatement = Statement(
    "product_insert",
    """
    insert into spillway.products (tenant_id, product_id, name, created_by) values ($1, $2, $3, $4)
    returning \(columns)
    """)

  static let renameStatement = Statement(
    "product_rename",
    """
    update spillway.products set name = $3, updated_at = now()
     where tenant_id = $1 and product_id = $2
    returning \(columns)
    """)

  static let findStatement = Statement(
    "product_find",
    """
    select \(columns) from spillway.products where tenant_id = $1 and product_id = any($2)
    order by product_id
    """)

  static let listStatement = Statement(
    "product_list",
    """
    select \(columns) from spillway.products where tenant_id = $1 and product_id < $2
    order by product_id desc limit $3
    """)

  static let putStatement = Statement(
    "sku_put", "select spillway.put_sku($1, $2, $3, $4, $5, $6, $7, $8)")

  private static let unitColumns = """
    sku, product_id, name, created_at, updated_at, \
    array(select market from spillway.sku_prices p where p.tenant_id = s.tenant_id and p.sku = s.sku \
      order by market) as markets, \
    array(select currency from spillway.sku_prices p where p.tenant_id = s.tenant_id \
      and p.sku = s.sku order by market) as currencies, \
    array(select amount from spillway.sku_prices p where p.tenant_id = s.tenant_id and p.sku = s.sku \
      order by market) as amounts
    """

  static let unitsStatement = Statement(
    "sku_find",
    """
    select \(unitColumns) from spillway.skus s where tenant_id = $1 and sku = any($2) order by sku
    """)

  static let unitListStatement = Statement(
    "sku_list",
    """
    select \(unitColumns) from spillway.skus s
     where tenant_id = $1 and sku > $2 and ($3::uuid is null or product_id = $3)
    order by sku limit $4
    """)
}
