-- What members and guests mean to order: one row a cart, of one market, and of one sale or of none. A cart
-- with nothing in it has no row.
--
-- The goods stand in arrays, place by place: a cart is read and written as a whole, and its version lets one
-- of two changes at once win without a lock. SKUs and coupons are looked at each time a cart is read, so no
-- key leads to them.
create table spillway.carts (
  tenant_id text not null references spillway.tenants,
  -- `m:` and a member's name, or `g:` and the id in a guest's cookie.
  holder text collate "C" not null check (holder ~ '^[mg]:.'),
  market text not null check (market ~ '^[A-Z]{2}$'),
  scope uuid not null,
  skus text[] not null check (cardinality(skus) <= 50),
  quantities bigint[] not null
    check (cardinality(quantities) = cardinality(skus) and 1 <= all (quantities)
      and 1000 >= all (quantities)),
  -- For one piece, as the holder has seen it: minor units, and what of.
  prices bigint[] not null check (cardinality(prices) = cardinality(skus) and 0 <= all (prices)),
  currencies text[] not null check (cardinality(currencies) = cardinality(skus)),
  -- Of a member; whose it is and what it is good for is looked at each time.
  coupon_id uuid check (coupon_id is null or holder like 'm:%'),
  -- Counts the changes from the time of the first on, so that no later cart of the holder has one of them.
  version bigint not null default (extract(epoch from clock_timestamp()) * 1000)::bigint,
  updated_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  primary key (tenant_id, holder, market, scope),
  check (cardinality(skus) > 0 or coupon_id is not null)
) with (fillfactor = 70);
create index carts_by_expiry on spillway.carts (expires_at);

-- What guests' cookies are signed with: the first of a tenant's secrets signs, each verifies.
create table spillway.cart_secrets (
  tenant_id text primary key references spillway.tenants,
  secrets bytea[] not null check (cardinality(secrets) > 0),
  created_at timestamptz not null default now()
);
