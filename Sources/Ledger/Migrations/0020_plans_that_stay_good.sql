-- Plans of wallets and payments that stay good when tables grow which were empty when they were made.
--
-- To keep all of an empty table at hand looks cheap; a payment then looked at every payment there is, until
-- the table's statistics were taken. Each key is now looked up by itself.

-- Decides attempts whose rows are locked. Of those that are for one order, with one key or with one
-- coupon the first is decided; so are those of a wallet up to the first for which there is not enough.
-- The others have no outcome yet.
create or replace function spillway.judge_payments(
  attempts spillway.payment_attempt[], moment timestamptz
) returns spillway.payment_attempt[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  result spillway.payment_attempt[];
begin
  with known as (
    select a.*, p.payment_id as first, p.balance_after as first_balance, p.paid_at as first_at,
        case when p.order_id = a.order_id and p.fingerprint = a.fingerprint then 'REPLAY'
          when p.payment_id is not null then 'KEY_REUSED'
          when a.status = 'CANCELLED' and a.reason = 'expired' then 'EXPIRED'
          when a.status <> 'PENDING' then 'STATE'
          when a.deadline <= moment then 'EXPIRED'
          when not a.is_coupon_free then 'COUPON' end as refusal,
        row_number() over (partition by a.tenant, a.order_id order by a.n) > 1
          or row_number() over (partition by a.tenant, a.digest order by a.n) > 1
          or a.coupon is not null
            and row_number() over (partition by a.tenant, a.coupon order by a.n) > 1 as is_twin
      from unnest(attempts) a
      left join lateral (
        select q.payment_id, q.order_id, q.fingerprint, q.balance_after, q.paid_at
          from spillway.payments q where q.digest = a.digest and q.tenant_id = a.tenant limit 1) p on true
  ), queued as (
    select k.*, sum(k.total) over (
        partition by k.account, k.refusal is null and not k.is_twin order by k.n) as upto
      from known k
  ), judged as (
    select q.*, case
        when q.refusal is not null then q.refusal
        when q.is_twin then null
        when q.total = 0 then 'PAID'
        when q.account is null then 'SHORT'
        when q.upto - q.total > q.available then null
        when q.upto > q.available then 'SHORT'
        else 'PAID' end as verdict
      from queued q
  )
  select array_agg(row(j.n, j.tenant, j.order_id, j.buyer,
      case j.verdict when 'REPLAY' then j.first else j.payment end, j.digest, j.fingerprint, j.status,
      j.reason, j.deadline, j.cell, j.scope, j.total, j.discount, j.currency, j.campaign, j.coupon,
      j.is_coupon_free, j.account,
      case j.verdict when 'REPLAY' then j.first_balance
        when 'PAID' then case when j.account is null then 0 else j.balance - j.upto end
        -- What there is for it, behind those before it.
        when 'SHORT' then case when j.account is null then 0 else j.available - (j.upto - j.total) end
        else j.balance end,
      j.available, j.verdict,
      case j.verdict when 'REPLAY' then j.first_at when 'PAID' then moment end
      )::spillway.payment_attempt order by j.n)
    into result from judged j;
  return result;
end;
$$;

alter function spillway.ensure_wallets set enable_material = off;
alter function spillway.draw_lots set enable_material = off;
alter function spillway.add_lots set enable_material = off;
alter function spillway.expire_wallets set enable_material = off;
alter function spillway.lock_wallets set enable_material = off;
alter function spillway.judge_postings set enable_material = off;
alter function spillway.restore_draws set enable_material = off;
alter function spillway.lock_paying_orders set enable_material = off;
alter function spillway.lock_paying_coupons set enable_material = off;
alter function spillway.lock_paying_wallets set enable_material = off;
alter function spillway.judge_payments set enable_material = off;
alter function spillway.write_payments set enable_material = off;
alter function spillway.sell_stock set enable_material = off;
