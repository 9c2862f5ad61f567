-- What becomes of paid orders: fulfilment, cancellation, refunds.
--
-- A refund brings money back to the lots that it came from, pieces back on sale, and the coupon back to its
-- user. Whoever does it has locked the order by lock_order and has decided, by the rules of refunds, what
-- goes back; the ledger proves again that it is no more than was paid.

alter table spillway.orders
  add column fulfilled_at timestamptz,
  add column refunded_at timestamptz;
-- What operators look for and few orders are; paid ones are found in the order of their ids.
create index orders_ended on spillway.orders (tenant_id, status, order_id)
  where status in ('FULFILLED', 'CANCELLED', 'REFUNDED');

alter table spillway.stock_movements
  drop constraint if exists stock_movements_kind_check,
  add constraint stock_movements_kind_check check (
    kind in ('receipt', 'correction', 'sale_open', 'sale_close', 'return', 'transfer'));

-- Money that went back, with the pieces that came back for it. Never changed. Like payments it carries no
-- foreign keys: the audit proves that its order and its payment are there.
create table spillway.refunds (
  tenant_id text not null,
  -- Also the wallet's transaction, where there was money.
  refund_id uuid not null,
  order_id uuid not null,
  payment_id uuid not null,
  -- Minor units of the order's currency.
  amount bigint not null check (amount >= 0),
  currency text not null,
  skus text[] not null,
  quantities bigint[] not null,
  amounts bigint[] not null,
  -- The pieces went back on sale.
  is_restocked boolean not null,
  -- The coupon that went back to its user.
  coupon_id uuid,
  reason text not null check (length(reason) between 1 and 500),
  actor text not null,
  -- Of the idempotency key, where there was one.
  digest uuid,
  -- Of the wallet, behind it; null where no money was in it.
  balance_after bigint,
  recorded_at timestamptz not null,
  -- An order is looked for by its id, which tells the tenant.
  primary key (order_id, refund_id, tenant_id),
  check (cardinality(skus) = cardinality(quantities) and cardinality(skus) = cardinality(amounts)),
  check (amount > 0 or cardinality(skus) > 0)
);
create trigger refunds_stay before update or delete on spillway.refunds
  for each row execute function spillway.refuse_change();
create trigger refunds_stay_all before truncate on spillway.refunds
  for each statement execute function spillway.refuse_change();

-- MARK: Orders

-- Locks an order whose goods may come back: the sale first, so that it is not closed meanwhile.
create function spillway.lock_order(in_tenant text, in_order uuid) returns void language plpgsql as $$
begin
  perform from spillway.sales where tenant_id = in_tenant and sale_id = (
    select scope from spillway.orders where tenant_id = in_tenant and order_id = in_order) for share;
  perform from spillway.orders where tenant_id = in_tenant and order_id = in_order for update;
end;
$$;

-- Cancels one order if it is pending. Returns whether it was, or null when there is no such order (of
-- the user, if one is given).
create or replace function spillway.cancel_order(
  in_tenant text, in_order uuid, in_user text, in_reason text
) returns boolean language plpgsql as $$
declare
  found_status text;
begin
  select status into found_status from spillway.orders
   where tenant_id = in_tenant and order_id = in_order and (in_user is null or user_id = in_user)
     for update;
  if found_status is distinct from 'PENDING' then
    return case when found_status is not null then false end;
  end if;
  update spillway.orders
     set status = 'CANCELLED', cancelled_at = clock_timestamp(), reason = in_reason
   where tenant_id = in_tenant and order_id = in_order;
  insert into spillway.outbox_events (tenant_id, kind, subject)
  values (in_tenant, 'order.cancelled', in_order);
  perform spillway.settle_orders(array[in_tenant], array[in_order], 'order.release');
  return true;
end;
$$;

-- Cancels pending orders whose time is over, in one transaction with the release of their stock.
-- Orders that somebody else works on are passed over. Returns how many were cancelled.
create or replace function spillway.cancel_overdue_orders(in_limit bigint) returns bigint
language plpgsql as $$
declare
  tenants text[];
  ids uuid[];
begin
  with due as (
    select tenant_id, order_id from spillway.orders
     where status = 'PENDING' and reserved_until <= clock_timestamp()
     order by reserved_until limit in_limit for update skip locked
  ), cancelled as (
    update spillway.orders o
       set status = 'CANCELLED', cancelled_at = clock_timestamp(), reason = 'expired'
      from due where o.tenant_id = due.tenant_id and o.order_id = due.order_id
    returning o.tenant_id, o.order_id
  )
  select array_agg(tenant_id), array_agg(order_id) into tenants, ids from cancelled;
  if ids is null then
    return 0;
  end if;
  insert into spillway.outbox_events (tenant_id, kind, subject)
  select f.tenant, 'order.cancelled', f.id from unnest(tenants, ids) f (tenant, id);
  perform spillway.settle_orders(tenants, ids, 'order.release');
  return cardinality(ids);
end;
$$;

-- Hands a paid order over to shipping. The caller has locked it and seen that it is paid.
create function spillway.fulfil_order(in_tenant text, in_order uuid) returns void language plpgsql as $$
begin
  update spillway.orders set status = 'FULFILLED', fulfilled_at = clock_timestamp()
   where tenant_id = in_tenant and order_id = in_order and status = 'PAID';
  if not found then
    perform spillway.contradict('an order is fulfilled that is not paid');
  end if;
  insert into spillway.outbox_events (tenant_id, kind, subject)
  values (in_tenant, 'order.fulfilled', in_order);
end;
$$;

-- MARK: Refunds

-- Brings pieces of an order back on sale: where they were sold, or in their market where that sale is over.
-- The caller has locked the order.
create function spillway.return_stock(
  in_tenant text, in_order uuid, in_skus text[], in_quantities bigint[], in_reason text, in_actor text
) returns void language plpgsql as $$
declare
  sold_from spillway.orders;
  market_cell text;
  piece record;
begin
  select * into strict sold_from from spillway.orders
   where tenant_id = in_tenant and order_id = in_order;
  select source_cell into market_cell from spillway.sales
   where tenant_id = in_tenant and sale_id = sold_from.scope and state = 'CLOSED';
  for piece in
    select f.sku, f.quantity from unnest(in_skus, in_quantities) f (sku, quantity)
     order by f.sku collate "C"
  loop
    if market_cell is not null
      and spillway.ensure_open_account(in_tenant, sold_from.market, market_cell, piece.sku)
    then
      perform spillway.receive_stock(in_tenant, spillway.new_id(), 'return', market_cell,
        spillway.open_scope(), piece.sku, piece.quantity, in_reason, in_actor);
    else
      perform spillway.receive_stock(in_tenant, spillway.new_id(), 'return', sold_from.cell,
        sold_from.scope, piece.sku, piece.quantity, in_reason, in_actor);
    end if;
  end loop;
end;
$$;

-- Gives a coupon back to its user, whose order was undone. Returns it, or null where there was none, or it
-- can no longer be used.
create function spillway.return_coupon(
  in_tenant text, in_order uuid, in_campaign uuid, in_user text, in_coupon uuid
) returns uuid language plpgsql as $$
declare
  returned uuid;
begin
  update spillway.coupons c set status = 'ISSUED', used_by_order = null, used_at = null
    from spillway.campaigns p
   where c.campaign_id = in_campaign and c.user_id = in_user and c.tenant_id = in_tenant
     and c.coupon_id = in_coupon and c.status = 'USED' and c.used_by_order = in_order
     and p.tenant_id = c.tenant_id and p.campaign_id = c.campaign_id
     and coalesce(p.expires_at > clock_timestamp(), true)
  returning c.coupon_id into returned;
  return returned;
end;
$$;

-- Gives back what was decided to go back of an order, and takes the order to `in_status`. The caller has
-- locked the order.
create function spillway.refund_order(
  in_tenant text, in_order uuid, in_refund uuid, in_status text, in_amount bigint,
  in_skus text[], in_quantities bigint[], in_amounts bigint[], in_restocks boolean,
  in_returns_coupon boolean, in_reason text, in_actor text, in_digest uuid, in_fingerprint uuid
) returns void language plpgsql as $$
declare
  undone spillway.orders;
  paid spillway.payments;
  moment timestamptz := date_trunc('milliseconds', clock_timestamp());
  coupon uuid;
  balance bigint;
begin
  select * into strict undone from spillway.orders where tenant_id = in_tenant and order_id = in_order;
  select * into strict paid from spillway.payments where order_id = in_order and tenant_id = in_tenant;
  if undone.status not in ('PAID', 'FULFILLED') or in_amount > paid.amount - (
    select coalesce(sum(amount), 0) from spillway.refunds
     where order_id = in_order and tenant_id = in_tenant)
  then
    perform spillway.contradict('more is to go back than was paid');
  end if;
  if in_returns_coupon and paid.coupon_id is not null then
    coupon := spillway.return_coupon(in_tenant, in_order, undone.campaign_id, undone.user_id,
      paid.coupon_id);
  end if;
  if in_amount > 0 then
    balance := spillway.restore_draws(in_tenant, paid.payment_id, in_amount, 'revenue', '', in_refund,
      in_reason, 'order', in_order::text, in_actor, in_digest, in_fingerprint);
  end if;
  insert into spillway.refunds (tenant_id, refund_id, order_id, payment_id, amount, currency, skus,
    quantities, amounts, is_restocked, coupon_id, reason, actor, digest, balance_after, recorded_at)
  values (in_tenant, in_refund, in_order, paid.payment_id, in_amount, paid.currency, in_skus,
    in_quantities, in_amounts, in_restocks, coupon, in_reason, in_actor, in_digest, balance, moment);
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
