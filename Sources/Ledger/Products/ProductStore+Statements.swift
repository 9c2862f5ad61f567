internal import Postgres

extension ProductStore {
  /// A row names another one that does not exist.
  public static let foreignKeyViolation = "23503"

  /// Of `products p`.
  static let columns = """
    p.product_id, p.name, p.status, p.created_at, p.updated_at, t.languages, t.names, t.descriptions, \
    array(select category from spillway.product_categories c where c.tenant_id = p.tenant_id \
      and c.product_id = p.product_id order by category) as categories
    """

  static let source = """
    spillway.products p, lateral (
      select coalesce(array_agg(language), '{}') as languages, coalesce(array_agg(name), '{}') as names,
          coalesce(array_agg(description), '{}') as descriptions
        from spillway.product_texts
       where tenant_id = p.tenant_id and product_id = p.product_id) t
    """

  static let putProductStatement = Statement(
    "product_put", "select spillway.put_product($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")

  static let findStatement = Statement(
    "product_find",
    """
    select \(columns) from \(source) where p.tenant_id = $1 and p.product_id = any($2)
    order by p.product_id
    """)

  static let listStatement = Statement(
    "product_list",
    """
    select \(columns) from \(source) where p.tenant_id = $1 and p.product_id < $2
    order by p.product_id desc limit $3
    """)

  static let addUnitStatement = Statement("sku_add", "\(newUnit) select \(putUnit) from made")

  static let addUnitWithSalesStatement = Statement(
    "sku_add_with_sales", "\(newUnit) select \(putUnitWithSales) from made")

  static let putUnitStatement = Statement("sku_put", "select \(putUnit)")

  static let putUnitWithSalesStatement = Statement(
    "sku_put_with_sales", "select \(putUnitWithSales)")

  // Who adds a SKU that somebody else is about to add waits, and then makes nothing.
  private static let newUnit = """
    with made as (
      insert into spillway.skus (tenant_id, sku, product_id, name, created_by)
      values ($1, $2, $3, $4, $5) on conflict (tenant_id, sku) do nothing returning sku)
    """

  // A name that is not given is read under the lock that the function takes first.
  private static let putUnit = """
    spillway.put_sku($1, $2, $3, coalesce($4, (select name from spillway.skus
      where tenant_id = $1 and sku = $2 for no key update)), $5, $6, $7, $8)
    """

  private static let putUnitWithSales = """
    case when \(putUnit)
      then spillway.put_sale_prices($1, $2, $9, $10, $11, $12)::text is not null else false end
    """

  /// Of `skus s`; sale prices that are not over, by market and beginning.
  private static let unitColumns = """
    s.sku, s.product_id, s.name, s.created_at, s.updated_at, p.markets, p.currencies, p.amounts, \
    w.sale_markets, w.sale_amounts, w.sale_starts, w.sale_ends
    """

  private static let unitSource = """
    spillway.skus s, lateral (
      select coalesce(array_agg(market), '{}') as markets,
          coalesce(array_agg(currency), '{}') as currencies,
          coalesce(array_agg(amount), '{}') as amounts
        from spillway.sku_prices where tenant_id = s.tenant_id and sku = s.sku) p, lateral (
      select coalesce(array_agg(market), '{}') as sale_markets,
          coalesce(array_agg(amount), '{}') as sale_amounts,
          coalesce(array_agg((extract(epoch from starts_at) * 1000)::bigint), '{}') as sale_starts,
          coalesce(array_agg((extract(epoch from ends_at) * 1000)::bigint), '{}') as sale_ends
        from (select * from spillway.sku_sale_prices where tenant_id = s.tenant_id and sku = s.sku
          and state <> 'OVER' order by market, starts_at) o) w
    """

  static let unitsStatement = Statement(
    "sku_find",
    """
    select \(unitColumns) from \(unitSource) where s.tenant_id = $1 and s.sku = any($2) order by s.sku
    """)

  static let unitListStatement = Statement(
    "sku_list",
    """
    select \(unitColumns) from \(unitSource)
     where s.tenant_id = $1 and s.sku > $2 and ($3::uuid is null or s.product_id = $3)
    order by s.sku limit $4
    """)

  static let unitsOfProductsStatement = Statement(
    "sku_of_products",
    """
    select \(unitColumns) from \(unitSource) where s.tenant_id = $1 and s.product_id = any($2)
    order by s.sku
    """)
}
