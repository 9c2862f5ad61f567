internal import Postgres

extension LocationStore {
  static let uniqueViolation = "23505"
  static let checkViolation = "23514"

  private static let columns = """
    location_id, market, name, priority::bigint as priority, is_default, is_active, created_at, \
    updated_at
    """

  static let insertStatement = Statement(
    "location_insert",
    """
    insert into spillway.locations (tenant_id, location_id, market, name, priority, created_by,
      is_default)
    values ($1, $2, $3, $4, $5, $6, not exists (select from spillway.locations
      where tenant_id = $1 and market = $3 and is_default))
    on conflict do nothing returning \(columns)
    """)

  static let yieldStatement = Statement(
    "location_yield",
    """
    update spillway.locations set is_default = false, updated_at = now()
     where tenant_id = $1 and location_id <> $2 and is_default and market = (
       select market from spillway.locations where tenant_id = $1 and location_id = $2)
    """)

  static let changeStatement = Statement(
    "location_change",
    """
    update spillway.locations
       set name = coalesce($3, name), priority = coalesce($4::bigint, priority),
         is_active = coalesce($5, is_active), is_default = is_default or $6, updated_at = now()
     where tenant_id = $1 and location_id = $2
    returning \(columns)
    """)

  static let findStatement = Statement(
    "location_find",
    "select \(columns) from spillway.locations where tenant_id = $1 and location_id = $2")

  static let listStatement = Statement(
    "location_list",
    """
    select \(columns) from spillway.locations
     where tenant_id = $1 and ($2::text is null or market = $2) and location_id < $3
    order by location_id desc limit $4
    """)

  static let holdingsStatement = Statement(
    "location_holdings",
    """
    select l.location_id, l.market, l.name, s.quantity
      from spillway.location_stock s join spillway.locations l using (tenant_id, location_id)
     where s.tenant_id = $1 and s.sku = $2
    order by l.market, l.is_active desc, l.priority, l.location_id
    """)
}
