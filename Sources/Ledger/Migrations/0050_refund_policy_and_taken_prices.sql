-- A market's policy says whether a refund brings pieces back on sale and makes a coupon usable again. Pieces that were
-- never shipped and do not go on sale again are withheld by that policy: the refund says so, so that a piece that was
-- forgotten is still found.

alter table spillway.refunds
  -- The pieces were never shipped, and the shop keeps them: what becomes of them it books itself.
  add column is_withheld boolean not null default false,
  add constraint refunds_withhold_or_restock check (not (is_withheld and is_restocked));

-- Gives back what was decided to go back of an order, and takes the order to `in_status`. The caller has
-- locked the order, and has recorded the idempotency key in the same transaction.
--
-- Whether a refund brings back pieces and coupon is the market's policy, which the caller knows. A cancellation
-- brings back both, whatever the policy.
--
-- The wallet's transaction carries no digest: there a key would never end, and one that is used again after
-- its life would refuse the refund for ever.
create or replace function spillway.refund_order(
  in_tenant text, in_order uuid, in_refund uuid, in_status text, in_amount bigint,
  in_skus text[], in_quantities bigint[], in_amounts bigint[], in_restocks boolean,
  in_returns_coupon boolean, in_reason text, in_actor text, in_digest uuid, in_fingerprint uuid
) returns void language plpgsql as $$
declare
  undone spillway.orders;
  paid spillway.payments;
  moment timestamptz;
  coupon uuid;
  balance bigint;
  withholds boolean;
begin
  select * into strict undone from spillway.orders where tenant_id = in_tenant and order_id = in_order;
  select * into strict paid from spillway.payments where order_id = in_order and tenant_id = in_tenant;
  if undone.status not in ('PAID', 'FULFILLED') or in_amount > paid.amount - (
    select coalesce(sum(amount), 0) from spillway.refunds
     where order_id = in_order and tenant_id = in_tenant)
  then
    perform spillway.contradict('more is to go back than was paid');
  end if;
  withholds := undone.status = 'PAID' and cardinality(in_skus) > 0 and not in_restocks;
  if in_status = 'CANCELLED' and (withholds or not in_returns_coupon) then
    perform spillway.contradict('a cancellation keeps what it is to bring back');
  end if;
  if in_returns_coupon and paid.coupon_id is not null then
    coupon := spillway.return_coupon(in_tenant, in_order, undone.campaign_id, undone.user_id,
      paid.coupon_id);
  end if;
  if in_amount > 0 then
    balance := spillway.restore_draws(in_tenant, in_order, in_amount, 'revenue', '', in_refund,
      in_reason, 'order', in_order::text, in_actor, null, null);
  end if;
  -- Behind all that it may have waited for.
  moment := date_trunc('milliseconds', clock_timestamp());
  insert into spillway.refunds (tenant_id, refund_id, order_id, payment_id, amount, currency, skus,
    quantities, amounts, is_restocked, is_withheld, coupon_id, reason, actor, digest, balance_after,
    recorded_at)
  values (in_tenant, in_refund, in_order, paid.payment_id, in_amount, paid.currency, in_skus,
    in_quantities, in_amounts, in_restocks, withholds, coupon, in_reason, in_actor, in_digest, balance,
    moment);
  update spillway.orders
     set status = in_status, reason = case when in_status = status then reason else in_reason end,
         cancelled_at = case in_status when 'CANCELLED' then moment end,
         refunded_at = case in_status when 'REFUNDED' then moment end
   where tenant_id = in_tenant and order_id = in_order;
  insert into spillway.outbox_events (tenant_id, kind, subject, payload)
  values (in_tenant, case in_status when 'CANCELLED' then 'order.cancelled' else 'order.refunded' end,
    in_order, jsonb_build_object('refund_id', in_refund, 'amount', in_amount,
      'currency', paid.currency, 'status', in_status));
  if in_restocks then
    perform spillway.return_stock(in_tenant, in_order, in_skus, in_quantities,
      'order ' || in_order || ': ' || in_reason, in_actor);
  end if;
end;
$$;

-- MARK: Prices that are taken away

-- What has no price in a market is not sold there: its cells are told so, like those of a product that was
-- withdrawn. Stock of sales has prices of its own and is always priced.
alter table spillway.stock_accounts add column is_priced boolean not null default true;

-- Makes what SKUs cost now what their windows say, in open stock too, and tells its cells. What has no price
-- any more keeps the one that it had, and is not sold.
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
  with wanted as (
    select o.tenant_id, o.cell, o.scope, o.sku, p.sku is not null as is_priced,
        coalesce(p.sale_amount, p.amount, o.price) as price, coalesce(p.currency, o.currency) as currency
      from spillway.stock_accounts o left join spillway.sku_prices p
        on p.tenant_id = o.tenant_id and p.sku = o.sku and p.market = o.market
     where o.tenant_id = in_tenant and o.sku = any(in_skus) and o.scope = spillway.open_scope()
  ), changed as (
    update spillway.stock_accounts a
       set price = w.price, currency = w.currency, is_priced = w.is_priced, version = a.version + 1,
           updated_at = instant
      from wanted w
     where a.tenant_id = w.tenant_id and a.cell = w.cell and a.scope = w.scope and a.sku = w.sku
       and (a.price, a.currency, a.is_priced) <> (w.price, w.currency, w.is_priced)
    returning a.cell, a.account_id
  )
  insert into spillway.cell_commands (cell, kind, subject)
  select cell, 'stock.put', account_id from changed order by cell, account_id;
  perform spillway.refresh_products(in_tenant, array(
    select distinct product_id from spillway.skus where tenant_id = in_tenant and sku = any(in_skus)));
end;
$$;

-- Adds a SKU, or renames it, and sets what it costs in the markets given; what open stock is sold for
-- changes with it. A market whose amount is null loses its price, and its sale prices; those of a market whose
-- price is in another currency now are taken out too. Returns false when the SKU belongs to another product.
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
  -- Whoever makes an open account, or sets sale prices, waits, and then sees what is left.
  perform from spillway.sku_prices where tenant_id = in_tenant and sku = in_sku
   order by market for no key update;
  delete from spillway.sku_sale_prices w
   using unnest(markets, currencies, amounts) f (market, currency, amount), spillway.sku_prices p
   where w.tenant_id = in_tenant and w.sku = in_sku and w.market = f.market
     and p.tenant_id = w.tenant_id and p.sku = w.sku and p.market = w.market
     and (f.amount is null or p.currency <> f.currency);
  delete from spillway.sku_prices p using unnest(markets, amounts) f (market, amount)
   where p.tenant_id = in_tenant and p.sku = in_sku and p.market = f.market and f.amount is null;
  insert into spillway.sku_prices (tenant_id, sku, market, currency, amount)
  select in_tenant, in_sku, f.market, f.currency, f.amount
    from unnest(markets, currencies, amounts) as f (market, currency, amount)
   where f.amount is not null order by f.market
  on conflict (tenant_id, sku, market) do update
    set currency = excluded.currency, amount = excluded.amount, updated_at = clock_timestamp();
  perform spillway.settle_sale_prices(in_tenant, array[in_sku]);
  return true;
end;
$$;
