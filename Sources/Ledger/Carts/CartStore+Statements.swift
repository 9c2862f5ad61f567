internal import Postgres

extension CartStore {
  private static let columns =
    "skus, quantities, prices, currencies, coupon_id, version, updated_at, expires_at"
  private static let isPlace =
    "tenant_id = $1 and holder = $2 and market = $3 and scope = $4"
  private static let expiry = "clock_timestamp() + $10::bigint * interval '1 millisecond'"

  static let findStatement = Statement(
    "cart_find",
    """
    select \(columns) from spillway.carts where \(isPlace) and expires_at > clock_timestamp()
    """)

  // One whose time is over is as good as none.
  static let insertStatement = Statement(
    "cart_insert",
    """
    insert into spillway.carts as c (tenant_id, holder, market, scope, skus, quantities, prices,
      currencies, coupon_id, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, \(expiry))
    on conflict (tenant_id, holder, market, scope) do update
      set skus = excluded.skus, quantities = excluded.quantities, prices = excluded.prices,
        currencies = excluded.currencies, coupon_id = excluded.coupon_id, version = c.version + 1,
        updated_at = excluded.updated_at, expires_at = excluded.expires_at
      where c.expires_at <= clock_timestamp()
    returning \(columns)
    """)

  static let updateStatement = Statement(
    "cart_update",
    """
    update spillway.carts
       set skus = $5, quantities = $6, prices = $7, currencies = $8, coupon_id = $9,
         expires_at = \(expiry), version = version + 1, updated_at = clock_timestamp()
     where \(isPlace) and version = $11
    returning \(columns)
    """)

  static let dropStatement = Statement(
    "cart_drop", "delete from spillway.carts where \(isPlace) and version = $5")

  static let purgeStatement = Statement(
    "cart_purge",
    """
    delete from spillway.carts where (tenant_id, holder, market, scope) in (
      select tenant_id, holder, market, scope from spillway.carts
       where expires_at <= now() order by expires_at limit $1 for update skip locked)
    """)

  // MARK: Guests

  private static let isGuest = "holder >= 'g:' and holder < 'g;'"

  static let guestCartsStatement = Statement(
    "cart_guests",
    """
    select tenant_id, count(*) as carts from spillway.carts where \(isGuest)
     group by tenant_id having count(*) > $1 order by tenant_id
    """)

  // A version is the time of the first change in milliseconds, and rises by one with each that follows.
  static let dropGuestsStatement = Statement(
    "cart_drop_guests",
    """
    delete from spillway.carts where (tenant_id, holder, market, scope) in (
      select tenant_id, holder, market, scope from spillway.carts
       where tenant_id = $1 and \(isGuest)
       order by extract(epoch from updated_at) * 1000 - version >= 2, updated_at
       limit $2 for update skip locked)
    """)

  // MARK: Merging

  static let guestStatement = Statement(
    "cart_of_guest",
    """
    select market, scope, \(columns) from spillway.carts
     where tenant_id = $1 and holder = $2 and expires_at > clock_timestamp()
     order by market, scope for update
    """)

  static let memberStatement = Statement(
    "cart_of_member",
    """
    select \(columns) from spillway.carts where \(isPlace) and expires_at > clock_timestamp()
       for update
    """)

  static let limitsStatement = Statement(
    "cart_limits",
    """
    select sku, per_user_limit::bigint as per_user_limit from spillway.stock_accounts
     where tenant_id = $1 and scope = $2 and market = $3 and sku = any($4) and per_user_limit > 0
    """)

  static let forgetStatement = Statement(
    "cart_forget",
    """
    delete from spillway.carts c using unnest($3::text[], $4::uuid[]) as f (market, scope)
     where c.tenant_id = $1 and c.holder = $2 and c.market = f.market and c.scope = f.scope
    """)

  // MARK: Secrets

  static let makeSecretStatement = Statement(
    "cart_secret_make",
    """
    insert into spillway.cart_secrets (tenant_id, secrets) values ($1, array[$2::bytea])
    on conflict (tenant_id) do nothing
    """)

  static let secretsStatement = Statement(
    "cart_secrets", "select secrets from spillway.cart_secrets where tenant_id = $1")
}
