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
