-- Prices are settled, accounts are made and products change their status in one order of locks: prices, then
-- products by id, then stock accounts.

create or replace function spillway.settle_sale_prices(in_tenant text, in_skus text[]) returns void
language plpgsql as $$
declare
  instant constant timestamptz := clock_timestamp();
begin
  perform from spillway.sku_prices where tenant_id = in_tenant and sku = any(in_skus)
   order by sku, market for no key update;
  perform from spillway.products where tenant_id = in_tenant and product_id in (
      select product_id from spillway.skus where tenant_id = in_tenant and sku = any(in_skus))
   order by product_id for no key update;
  update spillway.sku_sale_prices w
     set state = case when instant >= ends_at then 'OVER' when instant >= starts_at then 'ACTIVE'
       else 'SCHEDULED' end
   where tenant_id = in_tenant and sku = any(in_skus)
     and state <> case when instant >= ends_at then 'OVER' when instant >= starts_at then 'ACTIVE'
       else 'SCHEDULED' end;
  update spillway.sku_prices p
     set sale_amount = w.amount, updated_at = instant
    from spillway.sku_prices q left join spillway.sku_sale_prices w
      on w.tenant_id = q.tenant_id and w.sku = q.sku and w.market = q.market and w.state = 'ACTIVE'
   where q.tenant_id = in_tenant and q.sku = any(in_skus)
     and p.tenant_id = q.tenant_id and p.sku = q.sku and p.market = q.market
     and p.sale_amount is distinct from w.amount;
  perform from spillway.stock_accounts
   where tenant_id = in_tenant and sku = any(in_skus) and scope = spillway.open_scope()
   order by cell, sku for no key update;
  with changed as (
    update spillway.stock_accounts a
       set price = coalesce(p.sale_amount, p.amount), currency = p.currency, version = a.version + 1,
           updated_at = instant
      from spillway.sku_prices p
     where a.tenant_id = in_tenant and a.sku = any(in_skus) and a.scope = spillway.open_scope()
       and p.tenant_id = in_tenant and p.sku = a.sku and p.market = a.market
       and (a.price, a.currency) <> (coalesce(p.sale_amount, p.amount), p.currency)
    returning a.cell, a.account_id
  )
  insert into spillway.cell_commands (cell, kind, subject)
  select cell, 'stock.put', account_id from changed order by cell, account_id;
  perform spillway.refresh_products(in_tenant, array(
    select distinct product_id from spillway.skus where tenant_id = in_tenant and sku = any(in_skus)));
end;
$$;

-- Accounts that are made together wait for the changes of all their products' statuses together; a change that
-- comes later finds them.
drop trigger stock_accounts_await_status on spillway.stock_accounts;
create or replace function spillway.await_product_status() returns trigger language plpgsql as $$
begin
  perform from spillway.products p
   where (p.tenant_id, p.product_id) in (
     select s.tenant_id, s.product_id from made m join spillway.skus s using (tenant_id, sku))
   order by p.tenant_id, p.product_id for share;
  return null;
end;
$$;
create trigger stock_accounts_await_status after insert on spillway.stock_accounts
  referencing new table as made for each statement execute function spillway.await_product_status();
