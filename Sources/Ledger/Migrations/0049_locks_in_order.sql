-- Listings that somebody refreshes are left to the next count: a refresh of several products locks theirs in an
-- order of its own, and each would wait for the other.
create or replace function spillway.set_popularity(
  in_tenant text, in_market text, in_products uuid[], pieces bigint[]
) returns bigint language plpgsql as $$
declare
  changed bigint;
begin
  with counts as (
    select f.product_id, f.pieces from unnest(in_products, pieces) as f (product_id, pieces)
    union all
    select l.product_id, 0 from spillway.product_listings l
     where l.tenant_id = in_tenant and l.market = in_market and l.popularity > 0
       and l.product_id <> all(in_products)
  ), free as materialized (
    select l.product_id, c.pieces
      from counts c
      join spillway.product_listings l on l.tenant_id = in_tenant and l.market = in_market
        and l.product_id = c.product_id
     where l.popularity <> c.pieces
       for no key update of l skip locked
  )
  update spillway.product_listings l set popularity = f.pieces from free f
   where l.tenant_id = in_tenant and l.market = in_market and l.product_id = f.product_id;
  get diagnostics changed = row_count;
  return changed;
end;
$$;

-- Locks an order whose goods may come back: the sale first, so that it is not closed meanwhile; then the
-- campaign of its coupon, which may be given back, since facts lock campaigns before orders.
create or replace function spillway.lock_order(in_tenant text, in_order uuid) returns void
language plpgsql as $$
declare
  terms record;
begin
  select scope, campaign_id into terms from spillway.orders
   where tenant_id = in_tenant and order_id = in_order;
  perform from spillway.sales where tenant_id = in_tenant and sale_id = terms.scope for share;
  perform from spillway.campaigns
   where tenant_id = in_tenant and campaign_id = terms.campaign_id for share;
  perform from spillway.orders where tenant_id = in_tenant and order_id = in_order for update;
end;
$$;
