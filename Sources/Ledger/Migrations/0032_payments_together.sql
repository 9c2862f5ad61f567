-- A set of payments is two statements: one that locks what it needs, one that decides and writes. What is
-- written for each payment is less: events and commands of a set are one row of many subjects, and what a
-- payment took from its wallet names the order, which has one payment at most, so payments need no index
-- by their own id.
--
-- Rows that were locked are changed by where they are (ctid), not looked up again: nobody moves them while
-- the lock is held. Rows are locked by their keys: where a row is may be out of date until then.
--
-- Each key is looked up by itself, in a lateral subquery with a lock or a limit of its own, which no plan
-- turns around: a plan that was made while a table was empty would go through all of it.

-- MARK: Rows of many subjects

-- Of an event that happened to many at once, each is told by the event's id and its place, from 1.
alter table spillway.outbox_events
  alter column subject drop not null,
  add column subjects uuid[],
  add constraint outbox_events_subjects check (num_nonnulls(subject, subjects) = 1);

alter table spillway.cell_commands
  alter column subject drop not null,
  add column subjects uuid[],
  add constraint cell_commands_subjects check (num_nonnulls(subject, subjects) = 1);

-- MARK: The order is what a payment took money for

alter table spillway.wallet_entries disable trigger wallet_entries_stay;
alter table spillway.wallet_allocations disable trigger wallet_allocations_stay;
update spillway.wallet_entries e set subject = p.order_id
  from spillway.payments p where p.payment_id = e.subject and p.tenant_id = e.tenant_id;
update spillway.wallet_allocations a set subject = p.order_id
  from spillway.payments p where p.payment_id = a.subject and p.tenant_id = a.tenant_id;
alter table spillway.wallet_entries enable trigger wallet_entries_stay;
alter table spillway.wallet_allocations enable trigger wallet_allocations_stay;

-- That payments differ in their ids is the audit's to prove.
alter table spillway.payments
  drop constraint payments_pkey,
  drop constraint payments_of_order,
  add constraint payments_pkey primary key (order_id, tenant_id);

-- Room for a page's lots to be drawn on in one transaction without a change to their indexes.
alter table spillway.wallet_lots set (fillfactor = 50);

-- MARK: Lots

-- What one subject draws from a wallet's open lots, of which the first `in_depth` are looked at, or all where
-- that is null: `in_amount`, behind what others take of the same wallet in this transaction, which makes
-- `in_upto` with it. Subjects of a wallet stand one behind the other, and so do its lots: where both cover the
-- same, the one draws on the other. Becomes a part of the statement that it is called in.
create function spillway.draws(
  in_tenant text, in_account bigint, in_amount bigint, in_upto bigint, in_depth bigint
) returns table (lot_id bigint, lot_row tid, amount bigint) language sql stable as $$
  select l.lot_id, l.lot_row,
      (least(in_upto, l.upto) - greatest(in_upto - in_amount, l.upto - l.remaining))::bigint
    from (
      select o.lot_id, o.ctid as lot_row, o.remaining, sum(o.remaining) over (
          order by o.expires_at, o.lot_id rows unbounded preceding)::bigint as upto
        from spillway.wallet_lots o
       where o.account_id = in_account and o.tenant_id = in_tenant and o.is_open
       order by o.expires_at, o.lot_id limit in_depth) l
   where l.upto - l.remaining < in_upto and l.upto > in_upto - in_amount
$$;

-- The lots of a wallet that a payment looks at first: who has more small ones than this waits a little.
create function spillway.usual_depth() returns bigint language sql immutable parallel safe as $$ select 32 $$;

-- MARK: Payments

drop function spillway.lock_paying_orders;
drop function spillway.lock_paying_coupons;
drop function spillway.lock_paying_wallets;
drop function spillway.judge_payments;
drop function spillway.write_payments;
drop function spillway.sell_stock;
drop type spillway.payment_attempt;

-- An order that somebody wants to pay, on its way through spillway.pay.
create type spillway.payment_attempt as (
  -- Its place in the set.
  n integer,
  tenant text, order_id uuid, buyer text, payment uuid, digest uuid, fingerprint uuid,
  -- Of the order, and where its row is.
  order_row tid, status text, reason text, deadline timestamptz, cell text, scope uuid, total bigint,
  discount bigint, currency text, campaign uuid, coupon uuid,
  -- True when the order has none.
  is_coupon_free boolean,
  -- There is one before it for the same order, with the same key or with the same coupon.
  is_twin boolean,
  -- Of the wallet: what is in it, and how much of that is not set aside. No account when there is none.
  account bigint, account_row tid, balance bigint, available bigint, next_expiry timestamptz
);

-- What became of an attempt: a row of spillway.pay, or no outcome yet.
create type spillway.payment_result as (
  place integer, outcome text, payment_id uuid, paid_at timestamptz, balance bigint, total bigint,
  currency text, status text, coupon_id uuid
);

-- What payments of a set in one currency of a tenant come to.
create type spillway.payment_sum as (tenant text, currency text, amount bigint, transaction uuid);
-- Pieces of an account of stock that payments of a set are for.
create type spillway.sold_stock as (
  tenant text, cell text, scope uuid, sku text collate "C", quantity bigint
);

-- Those of the places in a set for which another one before them names the same order or the same key.
create function spillway.twin_payments(places integer[], orders uuid[], digests uuid[])
returns integer[] language plpgsql as $$
begin
  if (select count(distinct f.id) = count(*) and count(distinct f.digest) = count(*)
        from unnest(orders, digests) f (id, digest)) then
    return '{}';
  end if;
  return (
    select coalesce(array_agg(f.n) filter (where f.of_order > 1 or f.of_key > 1), '{}')
      from (
        select u.n, row_number() over (partition by u.id order by u.n) as of_order,
            row_number() over (partition by u.digest order by u.n) as of_key
          from unnest(places, orders, digests) u (n, id, digest)) f);
end;
$$;

-- Locks those of the orders that are here and the user's, their coupons, and the wallets that would pay, in
-- the one order that all keep: so sets over the same wallets wait for each other and never deadlock. Returns
-- what is known of them.
--
-- A campaign is looked at and not locked: a recall that comes while this runs may come behind it. Whether a
-- coupon has ended was decided when its order was placed: what an order was promised to cost it costs.
create function spillway.lock_payments(
  places integer[], tenants text[], orders uuid[], users text[], payments uuid[], digests uuid[],
  fingerprints uuid[]
) returns spillway.payment_attempt[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
  twins integer[] := spillway.twin_payments(places, orders, digests);
  owned spillway.payment_attempt[];
  others spillway.payment_attempt[];
begin
  with locked as materialized (
    select f.*, o.*
      from (
        select u.* from unnest(places, tenants, orders, users, payments, digests, fingerprints)
            as u (n, tenant, order_id, buyer, payment, digest, print)
         order by u.tenant, u.order_id, u.n) f
      cross join lateral (
        select o.ctid as order_row, o.status, o.reason, o.reserved_until, o.cell, o.scope, o.total,
            o.discount, o.currency, o.campaign_id, o.coupon_id
          from spillway.orders o
         where o.tenant_id = f.tenant and o.order_id = f.order_id and o.user_id = f.buyer
           for no key update) o
  ), coupons as materialized (
    select f.n, c.status
      from (
        select l.n, l.tenant, l.buyer, l.campaign_id, l.coupon_id
          from locked l cross join lateral (
            select c.sequence from spillway.coupons c
             where c.campaign_id = l.campaign_id and c.user_id = l.buyer and c.tenant_id = l.tenant
               and c.coupon_id = l.coupon_id limit 1) c
         where l.coupon_id is not null
         order by l.tenant, l.campaign_id, c.sequence, l.n) f
      cross join lateral (
        select case when p.recalled_at is null then c.status else 'RECALLED' end as status
          from spillway.coupons c
          join spillway.campaigns p on p.campaign_id = c.campaign_id and p.tenant_id = c.tenant_id
         where c.campaign_id = f.campaign_id and c.user_id = f.buyer and c.tenant_id = f.tenant
           and c.coupon_id = f.coupon_id
           for no key update of c) c
  ), ready as (
    select l.*,
        l.coupon_id is null
          or l.n in (select c.n from coupons c where c.status = 'ISSUED') as is_coupon_free,
        l.n = any(twins)
          or l.coupon_id is not null and l.n not in (
            select min(m.n) from locked m where m.coupon_id is not null
             group by m.tenant, m.coupon_id) as is_twin
      from locked l
  ), held as materialized (
    select f.*, a.account_row, a.balance, a.balance - a.held as available, a.next_expiry
      from (
        select r.*, w.account_id
          from ready r cross join lateral (
            select a.account_id from spillway.wallet_accounts a
             where a.tenant_id = r.tenant and a.owner = r.buyer and a.unit = r.currency
               and a.role = 'user' and a.shard = 0 limit 1) w
         order by w.account_id, r.n) f
      cross join lateral (
        select a.ctid as account_row, a.balance, a.held, a.next_expiry from spillway.wallet_accounts a
         where a.account_id = f.account_id and a.tenant_id = f.tenant
           for no key update) a
  )
  select (
      select array_agg(row(h.n, h.tenant, h.order_id, h.buyer, h.payment, h.digest, h.print,
          h.order_row, h.status, h.reason, h.reserved_until, h.cell, h.scope, h.total, h.discount,
          h.currency, h.campaign_id, h.coupon_id, h.is_coupon_free, h.is_twin, h.account_id,
          h.account_row, h.balance, h.available, h.next_expiry)::spillway.payment_attempt)
        from held h), (
      select array_agg(row(r.n, r.tenant, r.order_id, r.buyer, r.payment, r.digest, r.print,
          r.order_row, r.status, r.reason, r.reserved_until, r.cell, r.scope, r.total, r.discount,
          r.currency, r.campaign_id, r.coupon_id, r.is_coupon_free, r.is_twin, null, null, 0, 0,
          'infinity')::spillway.payment_attempt)
        from ready r where r.n not in (select h.n from held h))
    into owned, others;
  return owned || others;
end;
$$;

-- Decides attempts whose rows are locked. Of those that are for one order, with one key or with one
-- coupon the first is decided; so are those of a wallet up to the first for which there is not enough.
-- The others have no outcome yet.
--
-- Whether the key of an order that is pending was used before is looked up only when `is_thorough`: else
-- the payment that cannot be written beside the first one says so.
--
-- Becomes a part of the statement that it is called in.
create function spillway.judge_payments(
  attempts spillway.payment_attempt[], moment timestamptz, is_thorough boolean
) returns table (
  n integer, tenant text, order_id uuid, order_row tid, buyer text, payment uuid, digest uuid,
  fingerprint uuid, cell text, scope uuid, total bigint, discount bigint, currency text, campaign uuid,
  coupon uuid, status text, account bigint, account_row tid, upto bigint, balance bigint, outcome text,
  paid_at timestamptz
) language sql stable as $$
  select v.n, v.tenant, v.order_id, v.order_row, v.buyer,
      case v.verdict when 'REPLAY' then v.first else v.payment end,
      v.digest, v.fingerprint, v.cell, v.scope, v.total, v.discount, v.currency, v.campaign, v.coupon,
      v.status, v.account, v.account_row, v.upto,
      case v.verdict when 'REPLAY' then v.first_balance
        when 'PAID' then case when v.account is null then 0 else v.balance - v.upto end
        -- What there is for it, behind those before it.
        when 'SHORT' then case when v.account is null then 0 else v.available - (v.upto - v.total) end
        else v.balance end,
      v.verdict, case v.verdict when 'REPLAY' then v.first_at when 'PAID' then moment end
    from (
      select q.*, case
          when q.refusal is not null then q.refusal
          when q.is_twin then null
          when q.account is null then case q.total when 0 then 'PAID' else 'SHORT' end
          when q.upto - q.total > q.available then null
          when q.upto > q.available then 'SHORT'
          else 'PAID' end as verdict
        from (
          select k.*, sum(k.total) over (
              partition by k.account, k.refusal is null and not k.is_twin order by k.n)::bigint as upto
            from (
              select a.*, p.payment_id as first, p.balance_after as first_balance, p.paid_at as first_at,
                  case when p.order_id = a.order_id and p.fingerprint = a.fingerprint then 'REPLAY'
                    when p.payment_id is not null then 'KEY_REUSED'
                    when a.status = 'CANCELLED' and a.reason = 'expired' then 'EXPIRED'
                    when a.status <> 'PENDING' then 'STATE'
                    when a.deadline <= moment then 'EXPIRED'
                    when not a.is_coupon_free then 'COUPON' end as refusal
                from unnest(attempts) a
                left join lateral (
                  select f.payment_id, f.order_id, f.fingerprint, f.balance_after, f.paid_at
                    from spillway.payments f
                   where (is_thorough or a.status <> 'PENDING') and f.digest = a.digest
                     and f.tenant_id = a.tenant
                   limit 1) p on true) k) q) v
$$;

-- Counts what paid orders had reserved as sold. Everybody else waits for that, so it comes last.
--
-- A statement does not see where rows have gone while it waited for their locks; the next one does.
create function spillway.sell_stock(sold_pieces spillway.sold_stock[]) returns void language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
  account_rows tid[];
  quantities bigint[];
  changed bigint;
begin
  select array_agg(a.account_row), array_agg(f.quantity) into account_rows, quantities
    from (select * from unnest(sold_pieces) s order by s.tenant, s.cell, s.scope, s.sku) f
    cross join lateral (
      select a.ctid as account_row from spillway.stock_accounts a
       where a.tenant_id = f.tenant and a.cell = f.cell and a.scope = f.scope and a.sku = f.sku
         for no key update) a;
  update spillway.stock_accounts a set reserved = a.reserved - f.quantity, sold = a.sold + f.quantity
    from unnest(account_rows, quantities) f (account_row, quantity) where a.ctid = f.account_row;
  get diagnostics changed = row_count;
  if changed <> cardinality(sold_pieces) then
    perform spillway.contradict('a paid order names stock that the ledger lacks');
  end if;
end;
$$;

-- Decides attempts whose rows are locked and writes those that are paid: orders, coupons, payments, wallets,
-- events, commands, and stock at the end.
--
-- Raises a unique violation when a key was used by another set at the same time, or before and this was not
-- looked up; and the state SW001 when the lots that were looked at are not enough: unless `is_thorough`.
create function spillway.decide_payments(
  attempts spillway.payment_attempt[], moment timestamptz, is_thorough boolean
) returns spillway.payment_result[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
  results spillway.payment_result[];
  sums spillway.payment_sum[];
  sold spillway.sold_stock[];
  side spillway.payment_sum;
  are_orders_paid boolean;
  wanted bigint;
  drawn bigint;
  taken bigint;
  depth bigint := case when not is_thorough then spillway.usual_depth() end;
begin
  with judged as materialized (
    select * from spillway.judge_payments(attempts, moment, is_thorough)
  ), paid as materialized (
    select * from judged j where j.outcome = 'PAID'
  ), orders_paid as (
    update spillway.orders o set status = 'PAID', paid_at = moment
      from paid p where o.ctid = p.order_row and o.order_id = p.order_id
    returning o.order_id
  ), coupons_used as (
    update spillway.coupons c set status = 'USED', used_by_order = f.order_id, used_at = moment
      from (
        select p.order_id, c.coupon_row
          from paid p cross join lateral (
            select c.ctid as coupon_row from spillway.coupons c
             where c.campaign_id = p.campaign and c.user_id = p.buyer and c.tenant_id = p.tenant
               and c.coupon_id = p.coupon limit 1) c
         where p.coupon is not null) f
     where c.ctid = f.coupon_row
  ), payments_made as (
    insert into spillway.payments (tenant_id, payment_id, order_id, user_id, amount, currency, coupon_id,
      discount, digest, fingerprint, balance_after, paid_at)
    select p.tenant, p.payment, p.order_id, p.buyer, p.total, p.currency, p.coupon, p.discount, p.digest,
        p.fingerprint, p.balance, moment
      from paid p
  ), sums as materialized (
    select p.tenant, p.currency, sum(p.total)::bigint as amount, spillway.new_id() as transaction
      from paid p where p.total > 0 group by p.tenant, p.currency
  ), transactions as (
    insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, actor,
      recorded_at)
    select s.tenant, s.transaction, 'payment', 'payment', 'spillway', moment from sums s
  ), spent as materialized (
    select p.tenant, p.account, p.account_row, p.order_id, p.total, p.upto, p.balance, s.transaction
      from paid p join sums s on s.tenant = p.tenant and s.currency = p.currency
     where p.total > 0
  ), draws as materialized (
    select w.tenant, w.account, w.order_id, w.transaction, d.lot_id, d.lot_row, d.amount
      from spent w cross join lateral spillway.draws(w.tenant, w.account, w.total, w.upto, depth) d
  ), lots as (
    update spillway.wallet_lots o set remaining = o.remaining - d.amount
      from (select lot_row, sum(amount)::bigint as amount from draws group by lot_row) d
     where o.ctid = d.lot_row
    returning d.amount
  ), allocations as (
    insert into spillway.wallet_allocations (tenant_id, subject, account_id, lot_id, transaction_id,
      amount)
    select d.tenant, d.order_id, d.account, d.lot_id, d.transaction, d.amount from draws d
  ), accounts as (
    update spillway.wallet_accounts a set balance = a.balance - w.amount
      from (select account_row, sum(total)::bigint as amount from spent group by account_row) w
     where a.ctid = w.account_row
    returning w.amount
  ), entries as (
    insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
      recorded_at)
    select w.tenant, w.account, w.transaction, w.order_id, -w.total, w.balance, moment
      from spent w order by w.account, w.upto
  ), events as (
    insert into spillway.outbox_events (tenant_id, kind, subjects)
    select p.tenant, 'order.paid', array_agg(p.order_id) from paid p group by p.tenant
    union all
    select p.tenant, 'payment.approved', array_agg(p.payment) from paid p group by p.tenant
    union all
    select p.tenant, 'coupon.used', array_agg(p.coupon) from paid p where p.coupon is not null
     group by p.tenant
  ), commands as (
    insert into spillway.cell_commands (cell, kind, subjects)
    select p.cell, 'order.commit', array_agg(p.order_id) from paid p group by p.cell
  ), pieces as (
    select p.tenant, p.cell, p.scope, l.sku, sum(l.quantity)::bigint as quantity
      from paid p cross join lateral (
        select l.sku, l.quantity from spillway.order_lines l
         where l.order_id = p.order_id and l.tenant_id = p.tenant offset 0) l
     group by p.tenant, p.cell, p.scope, l.sku
  )
  select
      (select array_agg(row(j.n, j.outcome, j.payment, j.paid_at, j.balance, j.total, j.currency,
          j.status, j.coupon)::spillway.payment_result) from judged j),
      (select array_agg(row(s.tenant, s.currency, s.amount, s.transaction)::spillway.payment_sum)
        from sums s),
      (select array_agg(row(l.tenant, l.cell, l.scope, l.sku, l.quantity)::spillway.sold_stock)
        from pieces l),
      (select count(*) from orders_paid) = (select count(*) from paid),
      (select sum(s.amount) from sums s), (select sum(d.amount) from lots d),
      (select sum(a.amount) from accounts a)
    into results, sums, sold, are_orders_paid, wanted, drawn, taken;
  if wanted is distinct from drawn then
    if not is_thorough then
      raise exception 'more lots are to be looked at' using errcode = 'SW001';
    end if;
    perform spillway.contradict('a wallet''s lots do not cover its balance');
  end if;
  if not are_orders_paid or wanted is distinct from taken then
    perform spillway.contradict('a row changed that is locked');
  end if;
  foreach side in array coalesce(sums, '{}') loop
    perform spillway.post_to_shard(side.tenant, 'revenue', '', side.currency, array[side.transaction],
      array[side.transaction], array[side.amount], moment);
  end loop;
  if sold is not null then
    perform spillway.sell_stock(sold);
  end if;
  return results;
end;
$$;

-- Locks and decides attempts; takes out of the wallets what has expired, before. No results when there is
-- none of the orders.
create function spillway.attempt_payments(
  places integer[], tenants text[], orders uuid[], users text[], payments uuid[], digests uuid[],
  fingerprints uuid[], is_thorough boolean
) returns spillway.payment_result[] language plpgsql as $$
declare
  attempts spillway.payment_attempt[];
  due bigint[];
  due_tenants text[];
begin
  for round in 1..2 loop
    attempts := spillway.lock_payments(places, tenants, orders, users, payments, digests, fingerprints);
    if attempts is null then
      return '{}';
    end if;
    select array_agg(d.account), array_agg(d.tenant) into due, due_tenants
      from (
        select distinct a.account, a.tenant from unnest(attempts) a
         where a.next_expiry <= clock_timestamp() and a.available > 0) d;
    exit when due is null;
    perform spillway.expire_wallets(due, due_tenants);
  end loop;
  return spillway.decide_payments(attempts, date_trunc('milliseconds', clock_timestamp()), is_thorough);
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
create or replace function spillway.pay(
  tenants text[], orders uuid[], users text[], payments uuid[], digests uuid[], fingerprints uuid[]
) returns table (
  place integer, outcome text, payment_id uuid, paid_at timestamptz, balance bigint, total bigint,
  currency text, status text, coupon_id uuid
) language plpgsql as $$
#variable_conflict use_column
declare
  places integer[] := array(select generate_series(1, cardinality(orders)));
  results spillway.payment_result[];
  undecided integer[];
begin
  loop
    begin
      results := spillway.attempt_payments(places, tenants, orders, users, payments, digests,
        fingerprints, false);
    exception when unique_violation or sqlstate 'SW001' then
      -- A key came before, or a wallet has many small lots. The locks went with what was undone: all is
      -- looked at anew, and thoroughly.
      results := spillway.attempt_payments(places, tenants, orders, users, payments, digests,
        fingerprints, true);
    end;
    return query select r.* from unnest(results) r where r.outcome is not null;
    if cardinality(results) < cardinality(places) then
      return query select f.n, 'UNKNOWN', null::uuid, null::timestamptz, 0::bigint, 0::bigint, '', '',
          null::uuid
        from unnest(places) f (n) where f.n <> all(array(select r.place from unnest(results) r));
    end if;
    undecided := array(select r.place from unnest(results) r where r.outcome is null);
    exit when cardinality(undecided) = 0;
    -- Those that are left are decided behind those before them.
    select array_agg(f.n), array_agg(f.tenant), array_agg(f.id), array_agg(f.buyer), array_agg(f.payment),
        array_agg(f.digest), array_agg(f.print)
      into places, tenants, orders, users, payments, digests, fingerprints
      from unnest(places, tenants, orders, users, payments, digests, fingerprints)
        f (n, tenant, id, buyer, payment, digest, print)
     where f.n = any(undecided);
  end loop;
end;
$$;

-- MARK: Refunds

-- Gives back what was decided to go back of an order, and takes the order to `in_status`. The caller has
-- locked the order, and has recorded the idempotency key in the same transaction.
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
    balance := spillway.restore_draws(in_tenant, in_order, in_amount, 'revenue', '', in_refund,
      in_reason, 'order', in_order::text, in_actor, null, null);
  end if;
  -- Behind all that it may have waited for.
  moment := date_trunc('milliseconds', clock_timestamp());
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
