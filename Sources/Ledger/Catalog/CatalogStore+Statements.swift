internal import Postgres

extension CatalogStore {
  // Each half with a limit of its own: what is over and never ends cannot crowd out what is open.
  static let campaignsStatement = Statement(
    "catalog_campaigns",
    """
    (select \(CampaignStore.columns) from spillway.campaigns
      where tenant_id = $1 and closes_at > now()
        and opens_at <= now() + $2::bigint * interval '1 millisecond'
        and (expires_at is null or expires_at > now()) and issued < quantity
      order by closes_at, campaign_id limit $3)
    union all
    (select \(CampaignStore.columns) from spillway.campaigns
      where tenant_id = $1 and (closes_at <= now() or issued >= quantity) and issued > 0
        and recalled_at is null and (expires_at is null or expires_at > now())
      order by closes_at desc, campaign_id limit $4)
    """)

  static let salesStatement = Statement(
    "catalog_sales",
    """
    select sale_id, s.name, i.sku, i.price, i.currency, i.per_user_limit::bigint as per_user_limit,
        s.opens_at, s.closes_at
      from spillway.sales s join spillway.sale_items i using (tenant_id, sale_id)
     where s.tenant_id = $1 and s.market = $2 and s.state in ('SCHEDULED', 'OPENING', 'OPEN')
       and s.closes_at > now() and s.opens_at <= now() + $3::bigint * interval '1 millisecond'
     order by s.closes_at, sale_id, i.position limit $4
    """)

  static let categoriesStatement = Statement(
    "catalog_categories",
    """
    select c.slug, c.parent, c.position::bigint as position, t.languages, t.names
      from spillway.categories c, lateral (
        select coalesce(array_agg(language), '{}') as languages,
            coalesce(array_agg(name), '{}') as names
          from spillway.category_texts where tenant_id = c.tenant_id and slug = c.slug) t
     where c.tenant_id = $1
    """)

  static let putCategoryStatement = Statement(
    "catalog_put_category", "select spillway.put_category($1, $2, $3, $4, $5, $6, $7, $8, $9)")

  static let deleteCategoryStatement = Statement(
    "catalog_delete_category", "select spillway.delete_category($1, $2)")

  // Whatever a transaction wrote that was not over at the look before is looked at again.
  static let changesStatement = Statement(
    "catalog_changes",
    """
    select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as next, tenant_id, product_id
      from (values (1)) one left join lateral (
        select tenant_id, product_id from spillway.catalog_changes
         where transaction_id >= $1 order by transaction_id limit $2) c on true
    """)

  static let forgetStatement = Statement(
    "catalog_forget", "select spillway.forget_catalog_changes($1, $2)")

  static let advanceStatement = Statement(
    "catalog_advance_sale_prices", "select spillway.advance_sale_prices($1)")

  static let beginCountStatement = Statement(
    "catalog_begin_count", "select spillway.begin_popularity_count($1, $2, $3)")

  static let setPopularityStatement = Statement(
    "catalog_set_popularity", "select spillway.set_popularity($1, $2, $3, $4)")
}
