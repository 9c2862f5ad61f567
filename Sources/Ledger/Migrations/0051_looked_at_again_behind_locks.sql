-- A payment that waited for somebody's lock was made by what had been read before: after another request might have
-- been told that the order's time was over, or its coupon recalled.

-- Whether the coupon of one of the orders is of a campaign that was recalled. Volatile: asked by a statement that
-- began before, it sees what was committed since.
create function spillway.have_recalled_coupons(tenants text[], orders uuid[]) returns boolean
language plpgsql volatile as $$
begin
  return exists (
    select from unnest(tenants, orders) u (tenant, order_id)
      join spillway.orders o on o.tenant_id = u.tenant and o.order_id = u.order_id
      join spillway.campaigns p on p.tenant_id = o.tenant_id and p.campaign_id = o.campaign_id
     where o.coupon_id is not null and p.recalled_at is not null);
end;
$$;

-- Locks and decides attempts; takes out of the wallets what has expired, before. No results when there is
-- none of the orders.
--
-- A campaign is not locked. Whether it is recalled is looked at again once all else is: who was refused because of it
-- in the meantime had the order's lock before.
create or replace function spillway.attempt_payments(
  places integer[], tenants text[], orders uuid[], users text[], payments uuid[], digests uuid[],
  fingerprints uuid[], is_thorough boolean
) returns spillway.payment_result[] language plpgsql as $$
declare
  attempts spillway.payment_attempt[];
  due bigint[];
  due_tenants text[];
begin
  loop
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
  if spillway.have_recalled_coupons(tenants, orders) then
    attempts := array(
      select row(a.n, a.tenant, a.order_id, a.buyer, a.payment, a.digest, a.fingerprint, a.order_row,
          a.status, a.reason, a.deadline, a.cell, a.scope, a.total, a.discount, a.currency, a.campaign,
          a.coupon, a.is_coupon_free and not exists (
            select from spillway.campaigns p
             where p.tenant_id = a.tenant and p.campaign_id = a.campaign and a.coupon is not null
               and p.recalled_at is not null),
          a.is_twin, a.account, a.account_row, a.balance, a.available,
          a.next_expiry)::spillway.payment_attempt
        from unnest(attempts) a);
  end if;
  return spillway.decide_payments(attempts, date_trunc('milliseconds', clock_timestamp()), is_thorough);
end;
$$;

-- Pays a set in which everything is plain: orders that wait for it, each once, from wallets that have
-- enough of what does not expire by now, each once, with coupons that may be used.
--
-- Raises the state SW002, having changed nothing, when one of them is not so; a unique violation when a key
-- was used before; and the state SW001 when a row was changed by somebody else in the meantime or more lots
-- are to be looked at. What was done is to be undone then.
--
-- Orders, coupons and wallets are changed in the order in which all lock them: each of the three begins
-- when all rows of the one before are changed. An account whose row is the one that was read has the lots
-- that were read: they change under its lock, and the account with them.
--
-- The time, and whether coupons are recalled, is looked at twice: when all was read, and when all rows are
-- changed. In between the set may have waited, with orders that it had read and not changed yet; another
-- request may have found the time of one to be over by then, and said so.
--
-- What was found is read by a dozen nodes, so its columns of fixed width stand in front, where they are read
-- without looking at those before them. An update joins only what it needs of it: all of that is kept for
-- each row, should the row have changed.
create or replace function spillway.pay_plainly(
  tenants text[], orders uuid[], users text[], payments uuid[], digests uuid[], fingerprints uuid[]
) returns spillway.payment_result[] language plpgsql as $$
#variable_conflict use_column
declare
  in_set constant bigint := cardinality(orders);
  results spillway.payment_result[];
  posting constant uuid := spillway.new_id();
  sums spillway.payment_sum[];
  sold spillway.sold_stock[];
  side spillway.payment_sum;
  moment timestamptz;
  deadline timestamptz;
  with_coupon bigint;
  changed_orders bigint;
  changed_accounts bigint;
  wanted bigint;
  drawn bigint;
begin
  with found as materialized (
    select u.order_id, o.total, a.balance - o.total as after, a.account_id, l.lot_id, l.lot_remaining,
        o.discount, o.reserved_until, a.next_expiry, o.scope, u.n, o.order_version, a.account_version,
        o.order_row, a.account_row, l.lot_row, o.coupon_id, u.tenant, u.buyer, o.currency, o.cell,
        o.skus, o.quantities, o.campaign_id, c.coupon_row, c.coupon_sequence
      from (
        select u.tenant, u.order_id, u.buyer, u.n::integer as n
          from unnest(tenants, orders, users) with ordinality as u (tenant, order_id, buyer, n)
         order by u.tenant, u.order_id) u
      cross join lateral (
        select o.ctid as order_row, o.xmin as order_version, o.user_id, o.status, o.cell, o.scope,
            o.total, o.discount, o.currency, o.campaign_id, o.coupon_id, o.reserved_until, o.skus,
            o.quantities
          from spillway.orders o
         where o.tenant_id = u.tenant and o.order_id = u.order_id
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
     where o.user_id = u.buyer and o.status = 'PENDING' and o.total > 0
       and (o.coupon_id is null or c.coupon_row is not null)
  ), judged as materialized (
    select f.moment, f.coupons, f.total, f.deadline, f.n = in_set and f.orders = in_set
          and f.accounts = in_set and f.deadline > f.moment as is_plain
      from (
        -- The time is behind what was read, and so not before what others did to it.
        select date_trunc('milliseconds', clock_timestamp()) as moment, f.*
          from (
            select count(*) as n, count(distinct f.order_id) as orders,
                count(distinct f.account_id) as accounts, count(f.coupon_id) as coupons,
                sum(f.total)::bigint as total,
                least(min(f.reserved_until), min(f.next_expiry)) as deadline
              from found f) f
        offset 0) f
  ), groups as materialized (
    select p.tenant, p.cell, p.currency, sum(p.total)::bigint as amount, array_agg(p.order_id) as orders,
        array_agg(payments[p.n]) as payments,
        array_agg(p.coupon_id) filter (where p.coupon_id is not null) as coupons
      from found p group by p.tenant, p.cell, p.currency
  ), orders_paid as (
    update spillway.orders o set status = 'PAID', paid_at = (select j.moment from judged j)
      from (select p.order_row, p.order_version from found p offset 0) f
     where o.ctid = f.order_row and o.xmin = f.order_version
    returning 1
  ), coupons_used as (
    update spillway.coupons c set status = 'USED', used_by_order = f.order_id,
        used_at = (select j.moment from judged j)
      from (
        select p.order_id, p.coupon_row from found p
         where (select count(*) from orders_paid) = in_set and (select j.coupons from judged j) > 0
           and p.coupon_row is not null
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
  ), shared as materialized (
    -- What takes more than one lot.
    select p.tenant, p.account_id, p.order_id, d.lot_id, d.lot_row, d.amount
      from found p cross join lateral spillway.draws(
        p.tenant, p.account_id, p.total, p.total, spillway.usual_depth()) d
     where p.lot_remaining < p.total
  ), lots as (
    update spillway.wallet_lots l set remaining = l.remaining - d.amount
      from (
        select p.lot_row, p.total as amount from found p where p.lot_remaining >= p.total
        union all
        select d.lot_row, d.amount from shared d
        offset 0) d
     where l.ctid = d.lot_row and (select count(*) from accounts) = in_set
    returning d.amount
  ), listed as (
    insert into spillway.listed_orders (tenant_number, status, order_id)
    select t.number, 'P', unnest(g.orders)
      from groups g left join lateral (
        select t.number from spillway.tenants t where t.tenant_id = g.tenant limit 1) t on true
  ), payments_made as (
    insert into spillway.payments (tenant_id, payment_id, order_id, user_id, amount, currency, coupon_id,
      discount, digest, fingerprint, balance_after, paid_at, account_id, lot_id, transaction_id)
    select p.tenant, payments[p.n], p.order_id, p.buyer, p.total, p.currency, p.coupon_id, p.discount,
        digests[p.n], fingerprints[p.n], p.after, (select j.moment from judged j),
        case when p.lot_remaining >= p.total then p.account_id end,
        case when p.lot_remaining >= p.total then p.lot_id end,
        case when p.lot_remaining >= p.total then posting end
      from found p
  ), transactions as (
    insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, actor,
      recorded_at)
    select g.tenant, posting, 'payment', 'payment', 'spillway', (select j.moment from judged j)
      from groups g group by g.tenant
  ), draws as (
    insert into spillway.wallet_draws (tenant_id, subject, account_id, lot_id, transaction_id, amount)
    select d.tenant, d.order_id, d.account_id, d.lot_id, posting, d.amount from shared d
  ), entries as (
    insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
      recorded_at)
    select p.tenant, p.account_id, posting, p.order_id, -p.total, p.after, (select j.moment from judged j)
      from found p
  ), events as (
    insert into spillway.outbox_events (tenant_id, kind, subjects)
    select g.tenant, e.kind, e.subjects
      from groups g cross join lateral (
        values ('order.paid', g.orders), ('payment.approved', g.payments), ('coupon.used', g.coupons)
        ) e (kind, subjects)
     where e.subjects is not null
  ), commands as (
    insert into spillway.cell_commands (cell, kind, subjects)
    select g.cell, 'order.commit', g.orders from groups g
  ), pieces as (
    select l.tenant, l.cell, l.scope, l.sku, sum(l.quantity)::bigint as quantity
      from (
        select p.tenant, p.cell, p.scope, unnest(p.skus) as sku, unnest(p.quantities) as quantity
          from found p) l
     group by l.tenant, l.cell, l.scope, l.sku
  )
  select
      (select array_agg(row(p.n, 'PAID', payments[p.n], (select j.moment from judged j), p.after,
          p.total, p.currency, 'PENDING', p.coupon_id)::spillway.payment_result) from found p),
      (select array_agg(row(g.tenant, g.currency, g.amount, posting)::spillway.payment_sum)
        from (
          select g.tenant, g.currency, sum(g.amount)::bigint as amount
            from groups g group by g.tenant, g.currency) g),
      (select array_agg(row(l.tenant, l.cell, l.scope, l.sku, l.quantity)::spillway.sold_stock)
        from pieces l),
      j.moment, j.deadline, j.coupons, j.total, (select count(*) from orders_paid), (select count(*) from accounts),
      (select sum(l.amount) from lots l)
    into results, sums, sold, moment, deadline, with_coupon, wanted, changed_orders, changed_accounts, drawn
    from judged j where j.is_plain or spillway.refuse_set();
  if changed_orders <> in_set or changed_accounts <> in_set or drawn is distinct from wanted
    or clock_timestamp() >= deadline
    or with_coupon > 0 and spillway.have_recalled_coupons(tenants, orders)
  then
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
