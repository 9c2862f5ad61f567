-- Sale prices end with the currency that they are in.
--
-- They are amounts beside a price that says the currency. A price that was set in another one left them as they
-- were: what cost 12,900 cents for a while cost 12,900 won then.

-- Adds a SKU, or renames it, and sets what it costs in the markets given; what open stock is sold for
-- changes with it. Sale prices of a market whose price is in another currency now are taken out. Returns false
-- when the SKU belongs to another product.
create or replace function spillway.put_sku(
  in_tenant text, in_sku text, in_product uuid, in_name text, in_actor text,
  markets text[], currencies text[], amounts bigint[]
) returns boolean language plpgsql as $$
begin
  insert into spillway.skus as known (tenant_id, sku, product_id, name, created_by)
  values (in_tenant, in_sku, in_product, in_name, in_actor)
  on conflict (tenant_id, sku) do update set name = excluded.name, updated_at = clock_timestamp()
   where known.product_id = excluded.product_id;
  if not found then
    return false;
  end if;
  perform from spillway.sku_prices where tenant_id = in_tenant and sku = in_sku
   order by market for no key update;
  delete from spillway.sku_sale_prices w
   using unnest(markets, currencies) f (market, currency), spillway.sku_prices p
   where w.tenant_id = in_tenant and w.sku = in_sku and w.market = f.market
     and p.tenant_id = w.tenant_id and p.sku = w.sku and p.market = w.market
     and p.currency <> f.currency;
  insert into spillway.sku_prices (tenant_id, sku, market, currency, amount)
  select in_tenant, in_sku, f.market, f.currency, f.amount
    from unnest(markets, currencies, amounts) as f (market, currency, amount) order by f.market
  on conflict (tenant_id, sku, market) do update
    set currency = excluded.currency, amount = excluded.amount, updated_at = clock_timestamp();
  perform spillway.settle_sale_prices(in_tenant, array[in_sku]);
  return true;
end;
$$;
