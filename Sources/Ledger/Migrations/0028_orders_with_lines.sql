-- Orders that are one row each with four entries in indexes: a crowd's orders cost the ledger half of what
-- they did as two rows with seven (decision 0028).
--
-- Rewrites the orders: some ten seconds for each million, in which none are added.

-- MARK: Orders

-- An order's lines belong to it alone, come with it and are never changed.
alter table spillway.orders
  add column skus text[] collate "C" not null default '{}',
  add column quantities bigint[] not null default '{}',
  add column unit_prices bigint[] not null default '{}',
  -- 128 bits each, as those of payments; any version wrote them as 32 hexadecimal digits.
  alter column idempotency_digest type uuid using idempotency_digest::uuid,
  alter column idempotency_fingerprint type uuid using idempotency_fingerprint::uuid;
update spillway.orders o
   set skus = l.skus, quantities = l.quantities, unit_prices = l.unit_prices
  from (select tenant_id, order_id, array_agg(sku order by position) as skus,
            array_agg(quantity order by position) as quantities,
            array_agg(unit_price order by position) as unit_prices
          from spillway.order_lines group by tenant_id, order_id) l
 where l.tenant_id = o.tenant_id and l.order_id = o.order_id;
alter table spillway.orders
  alter column skus drop default, alter column quantities drop default,
  alter column unit_prices drop default,
  add constraint orders_lines check (
    cardinality(quantities) = cardinality(skus) and cardinality(unit_prices) = cardinality(skus)
    and 0 < all (quantities) and 0 <= all (unit_prices));

drop table spillway.order_lines;
create view spillway.order_lines as
select o.tenant_id, o.order_id, l.sku, l.position::integer as position, l.quantity, l.unit_price
  from spillway.orders o
 cross join lateral unnest(o.skus, o.quantities, o.unit_prices) with ordinality
   as l (sku, quantity, unit_price, position);

-- A user's orders, and the guard of the keys: a digest stands for the user too, so within a user is as good
-- as within all. Random places in one index cost less than in two.
drop index spillway.orders_of_key, spillway.orders_of_user;
create unique index orders_of_user on spillway.orders (user_id, idempotency_digest, tenant_id);

-- A sale's orders lie together: for each stretch of the table, which scopes it may have.
drop index spillway.orders_of_scope;
create index orders_of_scope on spillway.orders
  using brin (scope uuid_bloom_ops (n_distinct_per_range = 100)) with (autosummarize = on);

-- Those of one batch have one time.
drop index spillway.orders_due;
create index orders_due on spillway.orders (reserved_until) where status = 'PENDING';

-- MARK: Facts

drop function spillway.apply_stock_facts(
  text, uuid[], uuid[], text[], text[], text[], bigint[], bigint[], bigint[], text[], text[], text[],
  uuid[], uuid[], bigint[], text[], bigint[], bigint[], uuid[], uuid[], text[], bigint[],
  bigint[], bigint[], bigint[], uuid[], uuid[]);
drop function spillway.insert_orders(
  text, text, uuid[], uuid[], text[], text[], text[], bigint[], bigint[], bigint[], text[], text[],
  text[], uuid[], uuid[], bigint[], text[], bigint[], bigint[]);
drop function spillway.insert_priced_orders(
  text, text, uuid[], uuid[], text[], text[], text[], bigint[], bigint[], bigint[], text[], text[],
  text[], uuid[], uuid[], bigint[], text[], bigint[], bigint[], bigint[], bigint[], bigint[], uuid[],
  uuid[]);
drop function spillway.replay_orders(
  text, text, uuid[], uuid[], text[], text[], text[], bigint[], bigint[], bigint[], text[], text[],
  text[], uuid[], uuid[], bigint[], text[], bigint[], bigint[]);
drop function spillway.price_orders(
  text, uuid[], bigint[], bigint[], bigint[], uuid[], uuid[]);
drop function spillway.settle_keys(text, uuid[], bigint[], text[]);

-- What orders of a run of facts have in common: who asked for the same at the same time.
create type spillway.order_basket as (
  -- Its place in the run, from 1.
  number bigint,
  scope uuid, market text, currency text,
  subtotal bigint, discount bigint, tax bigint, shipping bigint,
  coupon uuid, campaign uuid,
  created_at timestamptz, reserved_until timestamptz,
  fingerprint uuid, terms text,
  skus text[], quantities bigint[], unit_prices bigint[]
);

-- Locks the accounts of the baskets' lines, of takes, and of where movements go, in the order of their keys.
create function spillway.lock_accounts_of_facts(
  in_tenant text, in_cell text, baskets spillway.order_basket[],
  movement_ids uuid[], take_scopes uuid[], take_skus text[]
) returns void language sql as $$
  select spillway.lock_accounts(array_agg(in_tenant), array_agg(f.cell), array_agg(f.scope),
      array_agg(f.sku))
    from (
      select in_cell, b.scope, l.sku
        from (select distinct scope, skus from unnest(baskets)) b
        cross join lateral unnest(b.skus) l (sku)
      union select in_cell, * from unnest(take_scopes, take_skus)
      union select to_cell, to_scope, sku from spillway.stock_movements
       where tenant_id = in_tenant and movement_id = any(movement_ids) and to_cell is not null
    ) f (cell, scope, sku)
$$;

-- Records orders that are new and counts what they reserve. The caller has locked the accounts. Raises a
-- unique violation when an order is there already, or a key has another order.
--
-- The numbers are those of the orders' baskets.
create function spillway.insert_orders(
  in_tenant text, in_cell text, order_ids uuid[], user_ids text[], digests uuid[], numbers bigint[],
  baskets spillway.order_basket[]
) returns void language plpgsql
-- However long the arrays are: a plan is made once, and knows none of them.
set enable_nestloop = off as $$
begin
  insert into spillway.orders (tenant_id, order_id, cell, scope, user_id, market, currency, subtotal,
    discount, tax, shipping, total, coupon_id, campaign_id, created_at, reserved_until,
    idempotency_digest, idempotency_fingerprint, terms, skus, quantities, unit_prices)
  select in_tenant, f.id, in_cell, b.scope, f.buyer, b.market, b.currency, b.subtotal, b.discount, b.tax,
    b.shipping, b.subtotal - b.discount + b.tax + b.shipping, b.coupon, b.campaign, b.created_at,
    b.reserved_until, f.digest, b.fingerprint, b.terms, b.skus, b.quantities, b.unit_prices
  from unnest(order_ids, user_ids, digests, numbers) as f (id, buyer, digest, number)
  join unnest(baskets) b using (number);
  perform spillway.reserve_baskets(in_tenant, in_cell, numbers, baskets);
end;
$$;

-- Counts what orders of the baskets reserve, each account once for all of them.
create function spillway.reserve_baskets(
  in_tenant text, in_cell text, numbers bigint[], baskets spillway.order_basket[]
) returns void language plpgsql as $$
declare
  wanted bigint;
  touched bigint;
begin
  with held as (
    select b.scope, l.sku, sum(l.quantity * n.orders)::bigint as quantity
      from (select number, count(*) as orders from unnest(numbers) f (number) group by number) n
      join unnest(baskets) b using (number)
      cross join lateral unnest(b.skus, b.quantities) l (sku, quantity)
     group by b.scope, l.sku
  ), changed as (
    update spillway.stock_accounts a set reserved = a.reserved + h.quantity
      from held h
     where a.tenant_id = in_tenant and a.cell = in_cell and a.scope = h.scope and a.sku = h.sku
    returning 1
  )
  select (select count(*) from held), (select count(*) from changed) into wanted, touched;
  if touched <> wanted then
    perform spillway.contradict('a fact names stock that the ledger lacks');
  end if;
end;
$$;

-- Decides about orders that are new to the ledger which of them keep their keys, and which are
-- duplicates: the key belongs to an order that came before and is not older than a key's life.
--
-- An order of the ledger whose key's life is over gives its key up.
create function spillway.settle_keys(
  in_tenant text, order_ids uuid[], user_ids text[], digests uuid[], moments timestamptz[],
  out kept uuid[], out duplicates uuid[]
) language plpgsql as $$
begin
  update spillway.orders o set idempotency_digest = null
    from unnest(user_ids, digests, moments) f (buyer, digest, created)
   where o.tenant_id = in_tenant and o.user_id = f.buyer and o.idempotency_digest = f.digest
     and o.created_at <= f.created - spillway.key_life();
  with candidate as (
    select * from unnest(order_ids, user_ids, digests, moments) with ordinality
      as f (id, buyer, digest, created, place)
  ), judged as (
    select c.*, exists (
          select from spillway.orders o
           where o.tenant_id = in_tenant and o.user_id = c.buyer and o.idempotency_digest = c.digest)
        or exists (
          select from candidate e where e.digest = c.digest and e.place < c.place
            and c.created < e.created + spillway.key_life()) as is_duplicate
      from candidate c
  )
  select array_agg(case when is_duplicate or exists (
          select from judged l where l.digest = j.digest and l.place > j.place
            and not l.is_duplicate)
        then null else digest end order by place),
      coalesce(array_agg(id) filter (where is_duplicate), '{}')
    into kept, duplicates from judged j;
end;
$$;

-- Refuses facts about orders of the ledger that say something else than it, and writes what those come to
-- that were recorded without it.
create function spillway.compare_orders(
  in_tenant text, in_cell text, order_ids uuid[], user_ids text[], numbers bigint[],
  baskets spillway.order_basket[]
) returns void language plpgsql as $$
begin
  if exists (
    select from unnest(order_ids, user_ids, numbers) as f (id, buyer, number)
    join unnest(baskets) b using (number)
    join spillway.orders o on o.tenant_id = in_tenant and o.order_id = f.id
    where o.cell <> in_cell or o.scope <> b.scope or o.user_id <> f.buyer or o.subtotal <> b.subtotal
      or o.created_at <> b.created_at or o.reserved_until <> b.reserved_until or o.terms <> b.terms
      or o.skus <> b.skus or o.quantities <> b.quantities or o.unit_prices <> b.unit_prices
  ) then
    perform spillway.contradict('a fact contradicts the ledger');
  end if;
  update spillway.orders o
     set discount = b.discount, tax = b.tax, shipping = b.shipping,
       total = o.subtotal - b.discount + b.tax + b.shipping, coupon_id = b.coupon,
       campaign_id = b.campaign
    from unnest(order_ids, numbers) as f (id, number)
    join unnest(baskets) b using (number)
   where o.tenant_id = in_tenant and o.order_id = f.id
     and (o.discount, o.tax, o.shipping, o.coupon_id, o.campaign_id)
       is distinct from (b.discount, b.tax, b.shipping, b.coupon, b.campaign);
end;
$$;

-- The slow way: some of the orders are in the ledger already, or have a key that another order has.
-- Returns how many orders were not there.
create function spillway.replay_orders(
  in_tenant text, in_cell text, order_ids uuid[], user_ids text[], digests uuid[], numbers bigint[],
  baskets spillway.order_basket[]
) returns bigint language plpgsql as $$
declare
  moments timestamptz[];
  duplicates uuid[];
begin
  perform spillway.compare_orders(in_tenant, in_cell, order_ids, user_ids, numbers, baskets);
  select array_agg(f.id order by f.place), array_agg(f.buyer order by f.place),
      array_agg(f.digest order by f.place), array_agg(f.number order by f.place),
      array_agg(b.created_at order by f.place)
    into order_ids, user_ids, digests, numbers, moments
    from unnest(order_ids, user_ids, digests, numbers) with ordinality
      as f (id, buyer, digest, number, place)
    join unnest(baskets) b using (number)
   where not exists (
     select from spillway.orders o where o.tenant_id = in_tenant and o.order_id = f.id);
  if order_ids is null then
    return 0;
  end if;
  select k.kept, k.duplicates into digests, duplicates
    from spillway.settle_keys(in_tenant, order_ids, user_ids, digests, moments) k;
  perform spillway.insert_orders(in_tenant, in_cell, order_ids, user_ids, digests, numbers, baskets);
  perform spillway.cancel_duplicates(in_tenant, in_cell, duplicates);
  return cardinality(order_ids);
end;
$$;

-- Takes facts about stock into the ledger, in a transaction that moves the cell's cursor over them.
--
-- Orders name their baskets by number, from 1; the columns from scopes to prices are those of the baskets,
-- the lines as literals of arrays. Instants are milliseconds since 1970.
--
-- Rows that are there already are facts replayed and change nothing.
-- Returns how many facts were new. Raises an integrity violation when a fact says something else than
-- the ledger: another order of that id, stock or a movement that the ledger lacks, more than there is.
create function spillway.apply_stock_facts(
  in_cell text,
  order_ids uuid[], user_ids text[], digests uuid[], numbers bigint[],
  scopes uuid[], markets text[], currencies text[], created bigint[], deadlines bigint[],
  fingerprints uuid[], terms text[], skus text[], quantities text[], prices text[],
  subtotals bigint[], discounts bigint[], taxes bigint[], shippings bigint[],
  coupons uuid[], campaigns uuid[],
  movement_ids uuid[], take_scopes uuid[], take_skus text[], take_quantities bigint[]
) returns bigint language plpgsql as $$
declare
  in_tenant text;
  baskets spillway.order_basket[];
  added bigint := 0;
begin
  select tenant_id into strict in_tenant from spillway.cells where cell = in_cell;
  if cardinality(movement_ids) > 0 then
    perform from spillway.stock_movements
     where tenant_id = in_tenant and movement_id = any(movement_ids)
     order by movement_id for no key update;
  end if;
  select array_agg(row(b.number, b.scope, b.market, b.currency, b.subtotal, b.discount, b.tax, b.shipping,
      b.coupon, b.campaign, to_timestamp(b.created / 1000.0), to_timestamp(b.deadline / 1000.0),
      b.fingerprint, b.terms, b.skus::text[], b.quantities::bigint[], b.prices::bigint[]
      )::spillway.order_basket)
    into baskets
    from unnest(scopes, markets, currencies, created, deadlines, fingerprints, terms, skus, quantities,
      prices, subtotals, discounts, taxes, shippings, coupons, campaigns) with ordinality
      as b (scope, market, currency, created, deadline, fingerprint, terms, skus, quantities, prices,
        subtotal, discount, tax, shipping, coupon, campaign, number);
  perform spillway.lock_accounts_of_facts(in_tenant, in_cell, baskets, movement_ids, take_scopes,
    take_skus);
  if cardinality(order_ids) > 0 then
    begin
      perform spillway.insert_orders(in_tenant, in_cell, order_ids, user_ids, digests, numbers, baskets);
      added := cardinality(order_ids);
    exception when unique_violation then
      added := spillway.replay_orders(in_tenant, in_cell, order_ids, user_ids, digests, numbers, baskets);
    end;
  end if;
  if cardinality(movement_ids) > 0 then
    added := added + spillway.finish_movements(in_tenant, in_cell, movement_ids, take_scopes,
      take_skus, take_quantities);
  end if;
  return added;
end;
$$;
