-- Payment of orders from wallets, set by set.
--
-- Everything that a set needs is locked before anything is decided, in the one order that all keep: so
-- sets over the same wallets wait for each other and never deadlock.

-- An order that somebody wants to pay, on its way through spillway.pay.
create type spillway.payment_attempt as (
  -- Its place in the set.
  n integer,
  tenant text, order_id uuid, buyer text, payment uuid, digest uuid, fingerprint uuid,
  -- Of the order.
  status text, reason text, deadline timestamptz, cell text, scope uuid, total bigint, discount bigint,
  currency text, campaign uuid, coupon uuid,
  -- True when the order has none.
  is_coupon_free boolean,
  -- Of the wallet: what is in it, and how much of that is not set aside. No account when there is none.
  account bigint, balance bigint, available bigint,
  outcome text, paid_at timestamptz
);

-- Locks those of the orders that are here and the user's. Returns what is known of them.
create function spillway.lock_paying_orders(
  places integer[], tenants text[], orders uuid[], users text[], payments uuid[], digests uuid[],
  fingerprints uuid[]
) returns spillway.payment_attempt[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  attempts spillway.payment_attempt[];
begin
  select array_agg(row(k.n, k.tenant, k.order_id, k.buyer, k.payment, k.digest, k.print, k.status,
      k.reason, k.reserved_until, k.cell, k.scope, k.total, k.discount, k.currency, k.campaign_id,
      k.coupon_id, k.coupon_id is null, null, 0, 0, null, null)::spillway.payment_attempt)
    into attempts
    from (
      select f.*, o.order_id, o.status, o.reason, o.reserved_until, o.cell, o.scope, o.total,
          o.discount, o.currency, o.campaign_id, o.coupon_id
        from unnest(places, tenants, orders, users, payments, digests, fingerprints)
          as f (n, tenant, id, buyer, payment, digest, print)
        join spillway.orders o
          on o.tenant_id = f.tenant and o.order_id = f.id and o.user_id = f.buyer
       order by o.tenant_id, o.order_id, f.n
         for no key update of o) k;
  return attempts;
end;
$$;

-- Locks the coupons of the orders and returns the attempts with whether these may still be used.
create function spillway.lock_paying_coupons(attempts spillway.payment_attempt[])
returns spillway.payment_attempt[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  free integer[];
  result spillway.payment_attempt[];
begin
  select coalesce(array_agg(k.n) filter (where k.status = 'ISSUED'), '{}') into free
    from (select a.n, c.status from unnest(attempts) a
            join spillway.coupons c on c.campaign_id = a.campaign and c.user_id = a.buyer
              and c.tenant_id = a.tenant and c.coupon_id = a.coupon
           order by c.tenant_id, c.campaign_id, c.sequence, a.n
             for no key update of c) k;
  select array_agg(row(a.n, a.tenant, a.order_id, a.buyer, a.payment, a.digest, a.fingerprint, a.status,
      a.reason, a.deadline, a.cell, a.scope, a.total, a.discount, a.currency, a.campaign, a.coupon,
      a.coupon is null or a.n = any(free), null, 0, 0, null, null)::spillway.payment_attempt)
    into result from unnest(attempts) a;
  return result;
end;
$$;

-- Locks the wallets that would pay and returns the attempts with what is in them. What has expired is
-- taken out first.
create function spillway.lock_paying_wallets(attempts spillway.payment_attempt[])
returns spillway.payment_attempt[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  result spillway.payment_attempt[];
  due bigint[];
  due_tenants text[];
begin
  for round in 1..2 loop
    select array_agg(row(k.n, k.tenant, k.order_id, k.buyer, k.payment, k.digest, k.fingerprint,
        k.status, k.reason, k.deadline, k.cell, k.scope, k.total, k.discount, k.currency, k.campaign,
        k.coupon, k.is_coupon_free, k.id, k.has, k.has - k.held, null,
        null)::spillway.payment_attempt),
        array_agg(k.id) filter (where k.next_expiry <= clock_timestamp() and k.has > k.held),
        array_agg(k.tenant) filter (where k.next_expiry <= clock_timestamp() and k.has > k.held)
      into result, due, due_tenants
      from (select f.*, a.account_id as id, a.balance as has, a.held, a.next_expiry
              from unnest(attempts) f
              join spillway.wallet_accounts a on a.tenant_id = f.tenant and a.owner = f.buyer
                and a.unit = f.currency and a.role = 'user' and a.shard = 0
             order by a.account_id, f.n
               for no key update of a) k;
    exit when due is null;
    select array_agg(id), array_agg(tenant) into due, due_tenants
      from (select distinct id, tenant from unnest(due, due_tenants) f (id, tenant)) d;
    perform spillway.expire_wallets(due, due_tenants);
  end loop;
  if coalesce(cardinality(result), 0) < cardinality(attempts) then
    select coalesce(result, '{}') || array_agg(a) into result from unnest(attempts) a
     where a.n <> all(array(select n from unnest(result)));
  end if;
  return result;
end;
$$;

-- Decides attempts whose rows are locked. Of those that are for one order, with one key or with one
-- coupon the first is decided; so are those of a wallet up to the first for which there is not enough.
-- The others have no outcome yet.
create function spillway.judge_payments(
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
      left join spillway.payments p on p.digest = a.digest and p.tenant_id = a.tenant
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

-- Counts what paid orders had reserved as sold and tells their cells.
create function spillway.sell_stock(paid spillway.payment_attempt[]) returns void language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  tenants text[];
  cells text[];
  scopes uuid[];
  skus text[];
  quantities bigint[];
begin
  insert into spillway.cell_commands (cell, kind, subject)
  select a.cell, 'order.commit', a.order_id from unnest(paid) a;
  select array_agg(tenant), array_agg(cell), array_agg(scope), array_agg(sku), array_agg(quantity)
    into tenants, cells, scopes, skus, quantities
    from (select a.tenant, a.cell, a.scope, l.sku, sum(l.quantity)::bigint as quantity
            from unnest(paid) a
            join spillway.order_lines l on l.tenant_id = a.tenant and l.order_id = a.order_id
           group by a.tenant, a.cell, a.scope, l.sku) n;
  perform spillway.lock_accounts(tenants, cells, scopes, skus);
  update spillway.stock_accounts a
     set reserved = a.reserved - f.quantity, sold = a.sold + f.quantity
    from unnest(tenants, cells, scopes, skus, quantities) f (tenant, cell, scope, sku, quantity)
   where a.tenant_id = f.tenant and a.cell = f.cell and a.scope = f.scope and a.sku = f.sku;
end;
$$;

-- Writes payments that were decided: orders, coupons, wallets, payments, events, and stock at the end,
-- since everybody else waits for that.
create function spillway.write_payments(
  paid spillway.payment_attempt[], moment timestamptz
) returns void language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  side record;
  transaction uuid;
begin
  update spillway.orders o set status = 'PAID', paid_at = moment
    from unnest(paid) a where o.tenant_id = a.tenant and o.order_id = a.order_id;
  insert into spillway.payments (tenant_id, payment_id, order_id, user_id, amount, currency, coupon_id,
    discount, digest, fingerprint, balance_after, paid_at)
  select a.tenant, a.payment, a.order_id, a.buyer, a.total, a.currency, a.coupon, a.discount, a.digest,
      a.fingerprint, a.balance, moment
    from unnest(paid) a;
  for side in
    select a.tenant, a.currency, array_agg(a.tenant) as tenants, array_agg(a.account) as accounts,
        array_agg(a.total) as amounts, array_agg(a.balance) as balances,
        array_agg(a.payment) as payments, sum(a.total)::bigint as amount
      from unnest(paid) a where a.total > 0 group by a.tenant, a.currency
  loop
    transaction := spillway.new_id();
    insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, actor,
      recorded_at)
    values (side.tenant, transaction, 'payment', 'payment', 'spillway', moment);
    perform spillway.draw_lots(side.tenants, side.accounts, side.amounts, side.balances,
      side.payments, array_fill(transaction, array[cardinality(side.payments)]), moment);
    perform spillway.post_to_shard(side.tenant, 'revenue', '', side.currency, array[transaction],
      array[transaction], array[side.amount], moment);
  end loop;
  insert into spillway.outbox_events (tenant_id, kind, subject)
  select a.tenant, e.kind, e.subject from unnest(paid) a cross join lateral (
    values ('order.paid', a.order_id), ('payment.approved', a.payment)) e (kind, subject);
  if exists (select from unnest(paid) a where a.coupon is not null) then
    update spillway.coupons c set status = 'USED', used_by_order = a.order_id, used_at = moment
      from unnest(paid) a
     where a.coupon is not null and c.campaign_id = a.campaign and c.user_id = a.buyer
       and c.tenant_id = a.tenant and c.coupon_id = a.coupon;
    insert into spillway.outbox_events (tenant_id, kind, subject)
    select a.tenant, 'coupon.used', a.coupon from unnest(paid) a where a.coupon is not null;
  end if;
  perform spillway.sell_stock(paid);
end;
$$;

-- Pays orders from their users' wallets, many in one transaction. Each is decided by itself, one behind
-- the other where they are for the same wallet: a refusal of one never fails its neighbours.
--
-- Outcomes, one for each place in the arrays, in any order:
--   PAID        it is paid now
--   REPLAY      it was paid before by a request with this key: the payment that was made then
--   KEY_REUSED  the key came with another order or another request
--   UNKNOWN     this user has no such order here, or not yet
--   STATE       the order is not pending: its status
--   EXPIRED     its time is over
--   SHORT       the wallet has not enough: the balance is what there is
--   COUPON      its coupon was used or recalled
-- Raises a unique violation when one key comes with two orders in two transactions at once; run again, it
-- tells which was first.
create function spillway.pay(
  tenants text[], orders uuid[], users text[], payments uuid[], digests uuid[], fingerprints uuid[]
) returns table (
  place integer, outcome text, payment_id uuid, paid_at timestamptz, balance bigint, total bigint,
  currency text, status text, coupon_id uuid
) language plpgsql as $$
#variable_conflict use_column
declare
  attempts spillway.payment_attempt[];
  paid spillway.payment_attempt[];
  moment timestamptz;
begin
  attempts := spillway.lock_paying_orders(
    array(select generate_series(1, cardinality(orders))), tenants, orders, users, payments, digests,
    fingerprints);
  if coalesce(cardinality(attempts), 0) < cardinality(orders) then
    return query select g, 'UNKNOWN', null::uuid, null::timestamptz, 0::bigint, 0::bigint, '', '',
        null::uuid
      from generate_series(1, cardinality(orders)) g
     where g <> all(array(select a.n from unnest(attempts) a));
  end if;
  while attempts is not null loop
    if exists (select from unnest(attempts) a where a.coupon is not null) then
      attempts := spillway.lock_paying_coupons(attempts);
    end if;
    attempts := spillway.lock_paying_wallets(attempts);
    moment := date_trunc('milliseconds', clock_timestamp());
    attempts := spillway.judge_payments(attempts, moment);
    select array_agg(a) into paid from unnest(attempts) a where a.outcome = 'PAID';
    if paid is not null then
      perform spillway.write_payments(paid, moment);
    end if;
    return query select a.n, a.outcome, a.payment, a.paid_at, a.balance, a.total, a.currency, a.status,
        a.coupon
      from unnest(attempts) a where a.outcome is not null;
    -- Those that are left are decided behind those before them. What they need is locked already.
    exit when not exists (select from unnest(attempts) a where a.outcome is null);
    attempts := spillway.lock_paying_orders(array_agg(a.n), array_agg(a.tenant), array_agg(a.order_id),
        array_agg(a.buyer), array_agg(a.payment), array_agg(a.digest), array_agg(a.fingerprint))
      from unnest(attempts) a where a.outcome is null;
  end loop;
end;
$$;

-- Pays those of the orders that are pending with money that is charged for it: for trials, where nobody
-- has a wallet. Returns those that were paid; the others were cancelled, paid or over before.
create or replace function spillway.pay_orders(in_tenant text, in_orders uuid[]) returns uuid[]
language plpgsql as $$
declare
  ids uuid[];
begin
  select array_agg(order_id) into ids
    from (select order_id from spillway.orders
           where tenant_id = in_tenant and order_id = any(in_orders) and status = 'PENDING'
           order by order_id for no key update) o;
  perform spillway.post_wallets(true, array_agg(in_tenant), array_agg(user_id), array_agg(currency),
      array_agg(total), array_agg(null::timestamptz), array_agg('funding'::text), array_agg(''::text),
      array_agg(spillway.new_id()), array_agg('charged for a trial'::text), array_agg('order'::text),
      array_agg(order_id::text), array_agg('spillway'::text), array_agg(null::uuid),
      array_agg(null::uuid))
    from spillway.orders
   where tenant_id = in_tenant and order_id = any(ids) and total > 0
     and reserved_until > clock_timestamp()
  having count(*) > 0;
  return (
    select coalesce(array_agg(ids[p.place]) filter (where p.outcome = 'PAID'), '{}')
      from (select array_agg(tenant_id order by n) as tenants, array_agg(user_id order by n) as users,
              array_agg(spillway.new_id()) as names, array_agg(gen_random_uuid()) as digests
              from unnest(ids) with ordinality f (id, n)
              join spillway.orders o on o.tenant_id = in_tenant and o.order_id = f.id) a
      cross join lateral spillway.pay(a.tenants, ids, a.users, a.names, a.digests, a.digests) p
     where ids is not null);
end;
$$;
