public import Postgres

extension LedgerAudit {
  /// What is wrong with the catalogue: how many of each, none when all is well.
  public struct CatalogFaults: Sendable, Equatable {
    public let listings: Int
    /// Rows of lists that say something else than the products, prices and categories they come from.
    public let misplaced: Int
    /// Prices whose sale price is not that of the time that it is in.
    public let mispriced: Int
    /// Accounts of open stock with another price than their SKU has now, or that are sold without one or not
    /// sold with one; and those of sales that are not sold.
    public let mischarged: Int
    /// Products that no search finds by their name.
    public let unfindable: Int
  }

  private static let catalogStatement = Statement(
    unprepared: """
      with recursive closure (tenant_id, slug, above) as (
        select tenant_id, slug, slug from spillway.categories
        union
        select o.tenant_id, o.slug, c.parent from closure o
          join spillway.categories c on c.tenant_id = o.tenant_id and c.slug = o.above
         where c.parent is not null
      ), lines as (
        select p.tenant_id, p.product_id, array_agg(distinct above order by above) as categories
          from spillway.product_categories p
          join closure o on o.tenant_id = p.tenant_id and o.slug = p.category
         group by p.tenant_id, p.product_id
      ), derived as (
        select s.tenant_id, m.market, s.product_id, min(coalesce(m.sale_amount, m.amount)) as price,
            coalesce(l.categories, '{}') as categories
          from spillway.skus s join spillway.sku_prices m using (tenant_id, sku)
          join spillway.products p on p.tenant_id = s.tenant_id and p.product_id = s.product_id
            and p.status = 'active'
          left join lines l on l.tenant_id = s.tenant_id and l.product_id = s.product_id
         group by s.tenant_id, m.market, s.product_id, l.categories
      )
      select (select count(*) from spillway.product_listings) as listings,
        (select count(*) from spillway.product_listings l
          full join derived d using (tenant_id, market, product_id)
          where (l.price, l.categories) is distinct from (d.price, d.categories)
            or l.product_id is null or d.product_id is null) as misplaced,
        (select count(*) from spillway.sku_prices p
          left join spillway.sku_sale_prices w on w.tenant_id = p.tenant_id and w.sku = p.sku
            and w.market = p.market and w.state = 'ACTIVE'
          where p.sale_amount is distinct from w.amount) as mispriced,
        (select count(*) from spillway.stock_accounts a
          left join spillway.sku_prices p on p.tenant_id = a.tenant_id and p.sku = a.sku
            and p.market = a.market
          where case when a.scope <> spillway.open_scope() then not a.is_priced
            else a.is_priced <> (p.sku is not null)
              or (a.price, a.currency) <> (coalesce(p.sale_amount, p.amount), p.currency) end
        ) as mischarged,
        (select count(*) from spillway.products
          where not tsvector_to_array(words) @> ('@' || tenant_id || spillway.search_lexemes(name))
        ) as unfindable
      """)

  /// Looks at all products, prices and lists.
  public func catalogFaults() async throws(PostgresError) -> CatalogFaults {
    let rows = try await pool.query(Self.catalogStatement, [], timeout: Self.timeout)
    let row = rows[0]
    return CatalogFaults(
      listings: try row.decode("listings"), misplaced: try row.decode("misplaced"),
      mispriced: try row.decode("mispriced"), mischarged: try row.decode("mischarged"),
      unfindable: try row.decode("unfindable"))
  }
}
