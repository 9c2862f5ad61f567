-- A set of payments that are all plain is one statement, which changes rows without locking them before:
-- a lock is a change of its own to the row and to the log. What it reads is without locks, so each row is
-- changed only if it still is what was read. If one is not, the set is undone and decided under locks, as
-- before; and so is a set with a refusal, with two payments of one wallet, or with money that has expired.

-- MARK: Room

-- Each order changes its status at least once, and those of a page are often paid in one transaction. With
-- room for them nearly all stay on their page and write no index entry; and the table is no longer than
-- one from which a quarter moved on to new pages.
alter table spillway.orders set (fillfactor = 75);

-- MARK: Payments

-- Counts what payments brought as revenue, and what they were for as sold: of one tenant, currency and
-- stock account, as most sets are. Everybody else waits for the stock, so it comes last. Returns false when
-- nothing was done: somebody works on each shard, or there is no such stock.
--
-- Rows are changed by their keys, so it does not matter where they have gone while this waited.
create function spillway.post_sale(
  side spillway.payment_sum, piece spillway.sold_stock, moment timestamptz
) returns boolean language plpgsql as $$
declare
  first integer := floor(random() * spillway.wallet_shards());
  posted bigint;
  counted bigint;
begin
  with taken as (
    select a.account_id from spillway.wallet_accounts a
     where a.tenant_id = side.tenant and a.owner = '' and a.unit = side.currency and a.role = 'revenue'
       and a.shard >= first
     order by a.shard limit 1 for no key update skip locked
  ), stock_there as (
    select from spillway.stock_accounts a
     where a.tenant_id = piece.tenant and a.cell = piece.cell and a.scope = piece.scope
       and a.sku = piece.sku
  ), posted as (
    update spillway.wallet_accounts a set balance = a.balance + side.amount
     where a.account_id = (select account_id from taken) and a.tenant_id = side.tenant
       and exists (select from stock_there)
    returning a.account_id, a.balance
  ), entry as (
    insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
      recorded_at)
    select side.tenant, p.account_id, side.transaction, side.transaction, side.amount, p.balance,
        -- Not before the entry ahead of it. That may be newer than what this statement sees, but not than now.
        greatest(moment, date_trunc('milliseconds', clock_timestamp()), (
          select e.recorded_at from spillway.wallet_entries e
           where e.account_id = p.account_id and e.tenant_id = side.tenant
           order by e.entry_id desc limit 1))
      from posted p
  ), counted as (
    update spillway.stock_accounts a
       set reserved = a.reserved - piece.quantity, sold = a.sold + piece.quantity
     where a.tenant_id = piece.tenant and a.cell = piece.cell and a.scope = piece.scope
       and a.sku = piece.sku and (select count(*) from posted) = 1
    returning 1
  )
  select (select count(*) from posted), (select count(*) from counted) into posted, counted;
  if posted <> counted then
    perform spillway.contradict('a paid order names stock that the ledger lacks');
  end if;
  return posted = 1;
end;
$$;

-- Pays a set in which everything is plain: orders that wait for it, each once, from wallets that have
-- enough of what does not expire by now, each once, with coupons that may be used. Returns nothing, and has
-- changed nothing, when one of them is not so.
--
-- Raises a unique violation when a key was used before, and the state SW001 when a row was changed by
-- somebody else in the meantime or more lots are to be looked at; what was done is to be undone then.
--
-- Orders, coupons and wallets are changed in the order in which all lock them: each of the three begins
-- when all rows of the one before are changed. An account whose row is the one that was read has the lots
-- that were read: they change under its lock, and the account with them.
create function spillway.pay_plainly(
  tenants text[], orders uuid[], users text[], payments uuid[], digests uuid[], fingerprints uuid[]
) returns spillway.payment_result[] language plpgsql as $$
#variable_conflict use_column
declare
  in_set constant bigint := cardinality(orders);
  results spillway.payment_result[];
  sums spillway.payment_sum[];
  sold spillway.sold_stock[];
  side spillway.payment_sum;
  moment timestamptz;
  was_plain boolean;
  changed_orders bigint;
  changed_accounts bigint;
  wanted bigint;
  drawn bigint;
begin
  with found as materialized (
    select u.*, o.*, a.*, l.*, c.*, a.balance - o.total as after
      from (
        select u.* from unnest(tenants, orders, users, payments, digests, fingerprints)
            with ordinality as u (tenant, order_id, buyer, payment, digest, print, n)
         order by u.tenant, u.order_id) u
      cross join lateral (
        select o.ctid as order_row, o.xmin as order_version, o.cell, o.scope, o.total, o.discount, o.currency, o.campaign_id,
            o.coupon_id, o.reserved_until, o.skus, o.quantities
          from spillway.orders o
         where o.tenant_id = u.tenant and o.order_id = u.order_id and o.user_id = u.buyer
           and o.status = 'PENDING' and o.total > 0
         limit 1) o
      cross join lateral (
        select a.account_id, a.ctid as account_row, a.xmin as account_version, a.balance, a.next_expiry
          from spillway.wallet_accounts a
         where a.tenant_id = u.tenant and a.owner = u.buyer and a.unit = o.currency
           and a.role = 'user' and a.shard = 0 and a.balance - a.held >= o.total
         limit 1) a
      cross join lateral (
        select l.lot_id, l.ctid as lot_row, l.remaining as lot_remaining
          from spillway.wallet_lots l
         where l.account_id = a.account_id and l.tenant_id = u.tenant and l.is_open
         order by l.expires_at, l.lot_id limit 1) l
      left join lateral (
        select c.ctid as coupon_row, c.sequence as coupon_sequence
          from spillway.coupons c
          join spillway.campaigns p on p.campaign_id = c.campaign_id and p.tenant_id = c.tenant_id
         where o.coupon_id is not null and c.campaign_id = o.campaign_id and c.user_id = u.buyer
           and c.tenant_id = u.tenant and c.coupon_id = o.coupon_id and c.status = 'ISSUED'
           and p.recalled_at is null
         limit 1) c on true
     where o.coupon_id is null or c.coupon_row is not null
  ), clock as materialized (
    -- Behind what was read, and so not before what others did to it.
    select date_trunc('milliseconds', clock_timestamp()) as moment from (select count(*) from found) f
  ), judged as materialized (
    select f.moment, f.coupons, f.total, f.n = in_set and f.orders = in_set and f.accounts = in_set
          and least(f.reserved_until, f.next_expiry) > f.moment as is_plain
      from (
        select min(c.moment) as moment, count(*) as n, count(distinct f.order_id) as orders,
            count(distinct f.account_id) as accounts, count(f.coupon_id) as coupons,
            sum(f.total)::bigint as total, min(f.reserved_until) as reserved_until,
            min(f.next_expiry) as next_expiry
          from clock c, found f) f
  ), plain as not materialized (
    select f.* from found f where (select j.is_plain from judged j)
  ), orders_paid as (
    update spillway.orders o set status = 'PAID', paid_at = (select j.moment from judged j)
      from (select p.order_row, p.order_version from plain p) f
     where o.ctid = f.order_row and o.xmin = f.order_version
    returning 1
  ), coupons_used as (
    update spillway.coupons c set status = 'USED', used_by_order = f.order_id,
        used_at = (select j.moment from judged j)
      from (
        select p.order_id, p.coupon_row from found p
         where (select count(*) from orders_paid) = in_set and p.coupon_row is not null
         order by p.tenant, p.campaign_id, p.coupon_sequence) f
     where c.ctid = f.coupon_row and c.status = 'ISSUED'
    returning 1
  ), accounts as (
    update spillway.wallet_accounts a set balance = f.after
      from (
        select p.account_row, p.account_version, p.after from found p
         where (select count(*) from orders_paid) = in_set
           and (select count(*) from coupons_used) = (select j.coupons from judged j)
         order by p.account_id) f
     where a.ctid = f.account_row and a.xmin = f.account_version
    returning 1
  ), draws as materialized (
    select p.tenant, p.currency, p.account_id, p.order_id, p.lot_id, p.lot_row, p.total as amount
      from plain p where p.lot_remaining >= p.total
    union all
    select p.tenant, p.currency, p.account_id, p.order_id, d.lot_id, d.lot_row, d.amount
      from plain p cross join lateral spillway.draws(
        p.tenant, p.account_id, p.total, p.total, spillway.usual_depth()) d
     where p.lot_remaining < p.total
  ), lots as (
    update spillway.wallet_lots l set remaining = l.remaining - d.amount
      from (
        select d.lot_row, d.amount from draws d where (select count(*) from accounts) = in_set) d
     where l.ctid = d.lot_row
    returning d.amount
  ), listed as (
    insert into spillway.orders_by_status (tenant_id, status, order_id)
    select p.tenant, 'PAID', p.order_id from plain p
  ), payments_made as (
    insert into spillway.payments (tenant_id, payment_id, order_id, user_id, amount, currency, coupon_id,
      discount, digest, fingerprint, balance_after, paid_at)
    select p.tenant, p.payment, p.order_id, p.buyer, p.total, p.currency, p.coupon_id, p.discount,
        p.digest, p.print, p.after, (select j.moment from judged j)
      from plain p
  ), sums as materialized (
    select p.tenant, p.currency, sum(p.total)::bigint as amount, spillway.new_id() as transaction
      from plain p group by p.tenant, p.currency
  ), transactions as (
    insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, actor,
      recorded_at)
    select s.tenant, s.transaction, 'payment', 'payment', 'spillway', (select j.moment from judged j)
      from sums s
  ), allocations as (
    insert into spillway.wallet_allocations (tenant_id, subject, account_id, lot_id, transaction_id,
      amount)
    select d.tenant, d.order_id, d.account_id, d.lot_id, s.transaction, d.amount
      from draws d join sums s on s.tenant = d.tenant and s.currency = d.currency
  ), entries as (
    insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
      recorded_at)
    select p.tenant, p.account_id, s.transaction, p.order_id, -p.total, p.after,
        (select j.moment from judged j)
      from plain p join sums s on s.tenant = p.tenant and s.currency = p.currency
  ), events as (
    insert into spillway.outbox_events (tenant_id, kind, subjects)
    select p.tenant, 'order.paid', array_agg(p.order_id) from plain p group by p.tenant
    union all
    select p.tenant, 'payment.approved', array_agg(p.payment) from plain p group by p.tenant
    union all
    select p.tenant, 'coupon.used', array_agg(p.coupon_id) from plain p where p.coupon_id is not null
     group by p.tenant
  ), commands as (
    insert into spillway.cell_commands (cell, kind, subjects)
    select p.cell, 'order.commit', array_agg(p.order_id) from plain p group by p.cell
  ), pieces as (
    select p.tenant, p.cell, p.scope, l.sku, sum(l.quantity)::bigint as quantity
      from plain p cross join lateral unnest(p.skus, p.quantities) l (sku, quantity)
     group by p.tenant, p.cell, p.scope, l.sku
  )
  select
      (select array_agg(row(p.n::integer, 'PAID', p.payment, (select j.moment from judged j), p.after,
          p.total, p.currency, 'PENDING', p.coupon_id)::spillway.payment_result) from plain p),
      (select array_agg(row(s.tenant, s.currency, s.amount, s.transaction)::spillway.payment_sum)
        from sums s),
      (select array_agg(row(l.tenant, l.cell, l.scope, l.sku, l.quantity)::spillway.sold_stock)
        from pieces l),
      j.moment, j.is_plain, j.total, (select count(*) from orders_paid), (select count(*) from accounts),
      (select sum(l.amount) from lots l)
    into results, sums, sold, moment, was_plain, wanted, changed_orders, changed_accounts, drawn
    from judged j;
  if was_plain is distinct from true then
    return null;
  end if;
  if changed_orders <> in_set or changed_accounts <> in_set or drawn is distinct from wanted then
    raise exception 'the set is to be looked at under locks' using errcode = 'SW001';
  end if;
  if cardinality(sums) = 1 and cardinality(sold) = 1
    and spillway.post_sale(sums[1], sold[1], moment)
  then
    return results;
  end if;
  foreach side in array sums loop
    perform spillway.post_to_shard(side.tenant, 'revenue', '', side.currency, array[side.transaction],
      array[side.transaction], array[side.amount], moment);
  end loop;
  perform spillway.sell_stock(sold);
  return results;
end;
$$;

-- As before (0032), but a set is paid plainly where that may be.
create or replace function spillway.pay(
  tenants text[], orders uuid[], users text[], payments uuid[], digests uuid[], fingerprints uuid[]
) returns table (
  place integer, outcome text, payment_id uuid, paid_at timestamptz, balance bigint, total bigint,
  currency text, status text, coupon_id uuid
) language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  places integer[] := array(select generate_series(1, cardinality(orders)));
  results spillway.payment_result[];
  undecided integer[];
begin
  loop
    begin
      -- Those that were left by others are not plain.
      if undecided is null then
        results := spillway.pay_plainly(tenants, orders, users, payments, digests, fingerprints);
        if results is not null then
          return query select * from unnest(results);
          return;
        end if;
      end if;
      results := spillway.attempt_payments(places, tenants, orders, users, payments, digests,
        fingerprints, false);
    exception when unique_violation or sqlstate 'SW001' then
      -- A key came before, a row changed, or a wallet has many small lots. The locks went with what was
      -- undone: all is looked at anew, and thoroughly.
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
