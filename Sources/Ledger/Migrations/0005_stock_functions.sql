-- What is done to stock, sales and orders, set by set.

-- The scope of stock that is sold without a sale.
create function spillway.open_scope() returns uuid language sql immutable parallel safe as
$$ select '00000000-0000-0000-0000-000000000000'::uuid $$;

-- An id of version 7 (RFC 9562, section 5.7): milliseconds in front of random bits.
create function spillway.new_id() returns uuid language sql volatile as $$
  select encode(set_bit(set_bit(
    overlay(uuid_send(gen_random_uuid()) placing
      substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
      from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- The lowest id of version 7 of an instant.
create function spillway.id_at(instant timestamptz) returns uuid language sql stable parallel safe as $$
  select (lpad(to_hex((extract(epoch from instant) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;

-- Raises the error of a fact that says something else than the ledger.
create function spillway.contradict(reason text) returns void language plpgsql as $$
begin
  raise exception '%', reason using errcode = 'integrity_constraint_violation';
end;
$$;

-- Locks accounts in the order of their keys. Those that do not exist are passed over.
create function spillway.lock_accounts(
  tenants text[], cells text[], scopes uuid[], in_skus text[]
) returns void language plpgsql as $$
begin
  perform from spillway.stock_accounts a
    join (select distinct * from unnest(tenants, cells, scopes, in_skus)) f (tenant, cell, scope, sku)
      on a.tenant_id = f.tenant and a.cell = f.cell and a.scope = f.scope and a.sku = f.sku
   order by a.tenant_id, a.cell, a.scope, a.sku
     for no key update of a;
end;
$$;

-- MARK: Facts

-- Records orders that are new, with their lines, and what they reserve. The caller has locked the
-- accounts. Raises a unique violation when an order is there already.
create function spillway.insert_orders(
  in_tenant text, in_cell text,
  order_ids uuid[], scopes uuid[], user_ids text[], markets text[], currencies text[], totals bigint[],
  created bigint[], deadlines bigint[], digests text[], fingerprints text[],
  line_orders uuid[], line_scopes uuid[], line_positions bigint[], line_skus text[],
  line_quantities bigint[], line_prices bigint[]
) returns void language plpgsql as $$
declare
  touched bigint;
begin
  insert into spillway.orders (tenant_id, order_id, cell, scope, user_id, market, currency, subtotal,
    total, created_at, reserved_until, idempotency_digest, idempotency_fingerprint)
  select in_tenant, f.id, in_cell, f.scope, f.buyer, f.market, f.currency, f.total, f.total,
    to_timestamp(f.created / 1000.0), to_timestamp(f.deadline / 1000.0), f.digest, f.print
  from unnest(order_ids, scopes, user_ids, markets, currencies, totals, created, deadlines, digests,
    fingerprints) as f (id, scope, buyer, market, currency, total, created, deadline, digest, print);
  insert into spillway.order_lines (tenant_id, order_id, sku, position, quantity, unit_price)
  select in_tenant, f.id, f.sku, f.place, f.quantity, f.price
  from unnest(line_orders, line_skus, line_positions, line_quantities, line_prices)
    as f (id, sku, place, quantity, price);
  update spillway.stock_accounts a
     set reserved = a.reserved + n.quantity
    from (select scope, sku, sum(quantity)::bigint as quantity
            from unnest(line_scopes, line_skus, line_quantities) as f (scope, sku, quantity)
           group by scope, sku) n
   where a.tenant_id = in_tenant and a.cell = in_cell and a.scope = n.scope and a.sku = n.sku;
  get diagnostics touched = row_count;
  if touched <> (select count(*) from (
    select distinct * from unnest(line_scopes, line_skus)) f) then
    perform spillway.contradict('a fact names stock that the ledger lacks');
  end if;
end;
$$;

-- The slow way: some of the orders are in the ledger already. Returns how many were not.
create function spillway.replay_orders(
  in_tenant text, in_cell text,
  order_ids uuid[], scopes uuid[], user_ids text[], markets text[], currencies text[], totals bigint[],
  created bigint[], deadlines bigint[], digests text[], fingerprints text[],
  line_orders uuid[], line_scopes uuid[], line_positions bigint[], line_skus text[],
  line_quantities bigint[], line_prices bigint[]
) returns bigint language plpgsql as $$
declare
  known uuid[];
begin
  select coalesce(array_agg(order_id), '{}') into known from spillway.orders
   where tenant_id = in_tenant and order_id = any(order_ids);
  if exists (
    select from unnest(order_ids, scopes, user_ids, totals, created, deadlines)
      as f (id, scope, buyer, total, created, deadline)
    join spillway.orders o on o.tenant_id = in_tenant and o.order_id = f.id
    where o.cell <> in_cell or o.scope <> f.scope or o.user_id <> f.buyer or o.subtotal <> f.total
      or o.created_at <> to_timestamp(f.created / 1000.0)
      or o.reserved_until <> to_timestamp(f.deadline / 1000.0)
  ) or exists (
    select from unnest(line_orders, line_positions, line_skus, line_quantities, line_prices)
      as f (id, place, sku, quantity, price)
    left join spillway.order_lines l
      on l.tenant_id = in_tenant and l.order_id = f.id and l.position = f.place
    where f.id = any(known)
      and (l.sku is distinct from f.sku or l.quantity is distinct from f.quantity or l.unit_price is distinct from f.price)
  ) then
    perform spillway.contradict('a fact contradicts the ledger');
  end if;
  select array_agg(f.id), array_agg(f.scope), array_agg(f.buyer), array_agg(f.market),
      array_agg(f.currency), array_agg(f.total), array_agg(f.created), array_agg(f.deadline),
      array_agg(f.digest), array_agg(f.print)
    into order_ids, scopes, user_ids, markets, currencies, totals, created, deadlines, digests,
      fingerprints
    from unnest(order_ids, scopes, user_ids, markets, currencies, totals, created, deadlines, digests,
      fingerprints) as f (id, scope, buyer, market, currency, total, created, deadline, digest, print)
   where f.id <> all(known);
  if order_ids is null then
    return 0;
  end if;
  select array_agg(f.id), array_agg(f.scope), array_agg(f.place), array_agg(f.sku),
      array_agg(f.quantity), array_agg(f.price)
    into line_orders, line_scopes, line_positions, line_skus, line_quantities, line_prices
    from unnest(line_orders, line_scopes, line_positions, line_skus, line_quantities, line_prices)
      as f (id, scope, place, sku, quantity, price)
   where f.id <> all(known);
  perform spillway.insert_orders(in_tenant, in_cell, order_ids, scopes, user_ids, markets, currencies, totals,
    created, deadlines, digests, fingerprints, line_orders, line_scopes, line_positions, line_skus,
    line_quantities, line_prices);
  return cardinality(order_ids);
end;
$$;

-- Finishes movements whose takes the cell has decided: writes the entries, counts the quantity out of
-- one account and into the other, and tells the other's cell. The caller has locked movements and
-- accounts. Returns how many were not finished before.
create function spillway.finish_movements(
  in_tenant text, in_cell text,
  movement_ids uuid[], take_scopes uuid[], take_skus text[], quantities bigint[]
) returns bigint language plpgsql as $$
declare
  finished uuid[];
begin
  if exists (
    select from unnest(movement_ids, take_scopes, take_skus, quantities)
      as f (id, scope, sku, quantity)
    left join spillway.stock_movements m on m.tenant_id = in_tenant and m.movement_id = f.id
    where m.from_cell is distinct from in_cell or m.from_scope is distinct from f.scope
      or m.sku is distinct from f.sku or f.quantity not between 0 and m.wanted
      or (m.state = 'DONE' and m.moved <> f.quantity)
  ) then
    perform spillway.contradict('a fact contradicts the ledger''s movement');
  end if;
  with done as (
    update spillway.stock_movements m
       set state = 'DONE', moved = f.quantity, finished_at = clock_timestamp()
      from (select distinct * from unnest(movement_ids, quantities)) f (id, quantity)
     where m.tenant_id = in_tenant and m.movement_id = f.id and m.state = 'PENDING'
    returning m.movement_id
  )
  select coalesce(array_agg(movement_id), '{}') into finished from done;
  insert into spillway.stock_entries (tenant_id, movement_id, side, cell, scope, sku, quantity)
  select m.tenant_id, m.movement_id, e.side, e.cell, e.scope, m.sku, e.quantity
    from spillway.stock_movements m,
      lateral (values ('debit', m.from_cell, m.from_scope, -m.moved),
        ('credit', m.to_cell, m.to_scope, m.moved)) e (side, cell, scope, quantity)
   where m.tenant_id = in_tenant and m.movement_id = any(finished) and m.moved > 0;
  update spillway.stock_accounts a
     set taken = a.taken + n.quantity
    from (select from_cell, from_scope, sku, sum(moved)::bigint as quantity
            from spillway.stock_movements
           where tenant_id = in_tenant and movement_id = any(finished)
           group by from_cell, from_scope, sku) n
   where a.tenant_id = in_tenant and a.cell = n.from_cell and a.scope = n.from_scope
     and a.sku = n.sku;
  with filled as (
    update spillway.stock_accounts a
       set received = a.received + n.quantity, version = a.version + 1,
           updated_at = clock_timestamp()
      from (select to_cell, to_scope, sku, sum(moved)::bigint as quantity
              from spillway.stock_movements
             where tenant_id = in_tenant and movement_id = any(finished) and moved > 0
               and to_cell is not null
             group by to_cell, to_scope, sku) n
     where a.tenant_id = in_tenant and a.cell = n.to_cell and a.scope = n.to_scope
       and a.sku = n.sku
    returning a.cell, a.account_id
  )
  insert into spillway.cell_commands (cell, kind, subject)
  select cell, 'stock.put', account_id from filled order by cell, account_id;
  return cardinality(finished);
end;
$$;

-- Takes facts about stock into the ledger, in a transaction that moves the cell's cursor over them.
--
-- Rows that are there already are facts replayed and change nothing.
-- Returns how many facts were new. Raises an integrity violation when a fact says something else than
-- the ledger: another order of that id, stock or a movement that the ledger lacks, more than there is.
create function spillway.apply_stock_facts(
  in_cell text,
  order_ids uuid[], scopes uuid[], user_ids text[], markets text[], currencies text[], totals bigint[],
  created bigint[], deadlines bigint[], digests text[], fingerprints text[],
  line_orders uuid[], line_scopes uuid[], line_positions bigint[], line_skus text[],
  line_quantities bigint[], line_prices bigint[],
  movement_ids uuid[], take_scopes uuid[], take_skus text[], quantities bigint[]
) returns bigint language plpgsql as $$
declare
  in_tenant text;
  added bigint := 0;
begin
  select tenant_id into strict in_tenant from spillway.cells where cell = in_cell;
  perform from spillway.stock_movements
   where tenant_id = in_tenant and movement_id = any(movement_ids)
   order by movement_id for no key update;
  perform spillway.lock_accounts(array_agg(in_tenant), array_agg(f.cell), array_agg(f.scope),
      array_agg(f.sku))
    from (
      select in_cell, * from unnest(line_scopes, line_skus)
      union select in_cell, * from unnest(take_scopes, take_skus)
      union select to_cell, to_scope, sku from spillway.stock_movements
       where tenant_id = in_tenant and movement_id = any(movement_ids) and to_cell is not null
    ) f (cell, scope, sku);
  if cardinality(order_ids) > 0 then
    begin
      perform spillway.insert_orders(in_tenant, in_cell, order_ids, scopes, user_ids, markets, currencies,
        totals, created, deadlines, digests, fingerprints, line_orders, line_scopes, line_positions,
        line_skus, line_quantities, line_prices);
      added := cardinality(order_ids);
    exception when unique_violation then
      added := spillway.replay_orders(in_tenant, in_cell, order_ids, scopes, user_ids, markets, currencies,
        totals, created, deadlines, digests, fingerprints, line_orders, line_scopes, line_positions,
        line_skus, line_quantities, line_prices);
    end;
  end if;
  if cardinality(movement_ids) > 0 then
    added := added + spillway.finish_movements(in_tenant, in_cell, movement_ids, take_scopes,
      take_skus, quantities);
  end if;
  return added;
end;
$$;

-- MARK: Orders

-- Gives back what orders reserve, or counts it as sold, and tells their cells. The caller holds the
-- orders' locks and has changed their status in the same transaction.
create function spillway.settle_orders(
  tenants text[], order_ids uuid[], command text
) returns void language plpgsql as $$
begin
  perform spillway.lock_accounts(array_agg(o.tenant_id), array_agg(o.cell), array_agg(o.scope),
      array_agg(l.sku))
    from unnest(tenants, order_ids) f (tenant, id)
    join spillway.orders o on o.tenant_id = f.tenant and o.order_id = f.id
    join spillway.order_lines l on l.tenant_id = f.tenant and l.order_id = f.id;
  update spillway.stock_accounts a
     set reserved = a.reserved - n.quantity,
         sold = a.sold + case command when 'order.commit' then n.quantity else 0 end
    from (select o.tenant_id, o.cell, o.scope, l.sku, sum(l.quantity)::bigint as quantity
            from unnest(tenants, order_ids) f (tenant, id)
            join spillway.orders o on o.tenant_id = f.tenant and o.order_id = f.id
            join spillway.order_lines l on l.tenant_id = f.tenant and l.order_id = f.id
           group by o.tenant_id, o.cell, o.scope, l.sku) n
   where a.tenant_id = n.tenant_id and a.cell = n.cell and a.scope = n.scope and a.sku = n.sku;
  insert into spillway.cell_commands (cell, kind, subject)
  select o.cell, command, o.order_id
    from unnest(tenants, order_ids) f (tenant, id)
    join spillway.orders o on o.tenant_id = f.tenant and o.order_id = f.id
   order by o.order_id;
end;
$$;

-- Cancels pending orders whose time is over, in one transaction with the release of their stock.
-- Orders that somebody else works on are passed over. Returns how many were cancelled.
create function spillway.cancel_overdue_orders(in_limit bigint) returns bigint
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
  perform spillway.settle_orders(tenants, ids, 'order.release');
  return cardinality(ids);
end;
$$;

-- Cancels one order if it is pending. Returns whether it was, or null when there is no such order (of
-- the user, if one is given).
create function spillway.cancel_order(
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
  perform spillway.settle_orders(array[in_tenant], array[in_order], 'order.release');
  return true;
end;
$$;

-- Marks those of the orders that are pending as paid and counts their stock as sold. Returns them; the
-- others were cancelled or paid before.
create function spillway.pay_orders(in_tenant text, in_orders uuid[]) returns uuid[]
language plpgsql as $$
declare
  ids uuid[];
begin
  perform from spillway.orders
   where tenant_id = in_tenant and order_id = any(in_orders) and status = 'PENDING'
   order by order_id for update;
  with paid as (
    update spillway.orders set status = 'PAID', paid_at = clock_timestamp()
     where tenant_id = in_tenant and order_id = any(in_orders) and status = 'PENDING'
    returning order_id
  )
  select coalesce(array_agg(order_id), '{}') into ids from paid;
  perform spillway.settle_orders(array_fill(in_tenant, array[cardinality(ids)]), ids, 'order.commit');
  return ids;
end;
$$;

-- MARK: Stock

-- Makes the open account of a SKU in a market, with the market's price, if it is not there. Returns
-- false when it is not there and there is no price for it.
create function spillway.ensure_open_account(
  in_tenant text, in_market text, in_cell text, in_sku text
) returns boolean language plpgsql as $$
begin
  if exists (select from spillway.stock_accounts where tenant_id = in_tenant and cell = in_cell
    and scope = spillway.open_scope() and sku = in_sku) then
    return true;
  end if;
  insert into spillway.cells (cell, tenant_id) values (in_cell, in_tenant)
  on conflict (cell) do nothing;
  with account as (
    insert into spillway.stock_accounts (tenant_id, cell, scope, sku, market, price, currency)
    select in_tenant, in_cell, spillway.open_scope(), in_sku, in_market, amount, currency
      from spillway.sku_prices
     where tenant_id = in_tenant and sku = in_sku and market = in_market
    on conflict (tenant_id, cell, scope, sku) do nothing
    returning cell, account_id
  )
  insert into spillway.cell_commands (cell, kind, subject)
  select cell, 'stock.put', account_id from account;
  return found or exists (select from spillway.stock_accounts where tenant_id = in_tenant
    and cell = in_cell and scope = spillway.open_scope() and sku = in_sku);
end;
$$;

-- Adds stock from outside to an account, at once, and tells its cell. Returns false when there is no
-- such account.
create function spillway.receive_stock(
  in_tenant text, in_movement uuid, in_kind text, in_cell text, in_scope uuid, in_sku text,
  in_quantity bigint, in_reason text, in_actor text
) returns boolean language plpgsql as $$
begin
  perform spillway.lock_accounts(array[in_tenant], array[in_cell], array[in_scope], array[in_sku]);
  with account as (
    update spillway.stock_accounts
       set received = received + in_quantity, version = version + 1, updated_at = clock_timestamp()
     where tenant_id = in_tenant and cell = in_cell and scope = in_scope and sku = in_sku
    returning cell, account_id
  )
  insert into spillway.cell_commands (cell, kind, subject)
  select cell, 'stock.put', account_id from account;
  if not found then
    return false;
  end if;
  insert into spillway.stock_movements (tenant_id, movement_id, kind, reason, actor, sku, to_cell,
    to_scope, wanted, moved, state, finished_at)
  values (in_tenant, in_movement, in_kind, in_reason, in_actor, in_sku, in_cell, in_scope,
    in_quantity, in_quantity, 'DONE', clock_timestamp());
  insert into spillway.stock_entries (tenant_id, movement_id, side, cell, scope, sku, quantity)
  values (in_tenant, in_movement, 'debit', null, null, in_sku, -in_quantity),
    (in_tenant, in_movement, 'credit', in_cell, in_scope, in_sku, in_quantity);
  return true;
end;
$$;

-- Asks an account's cell for stock, for another account or for the outside (null). Returns false when
-- there is no such account.
create function spillway.request_stock(
  in_tenant text, in_movement uuid, in_kind text, in_cell text, in_scope uuid, in_sku text,
  in_to_cell text, in_to_scope uuid, in_quantity bigint, in_reason text, in_actor text
) returns boolean language plpgsql as $$
begin
  insert into spillway.stock_movements (tenant_id, movement_id, kind, reason, actor, sku, from_cell,
    from_scope, to_cell, to_scope, wanted)
  select in_tenant, in_movement, in_kind, in_reason, in_actor, in_sku, in_cell, in_scope, in_to_cell,
    in_to_scope, in_quantity
   where exists (select from spillway.stock_accounts where tenant_id = in_tenant
     and cell = in_cell and scope = in_scope and sku = in_sku);
  if not found then
    return false;
  end if;
  insert into spillway.cell_commands (cell, kind, subject)
  values (in_cell, 'stock.take', in_movement);
  return true;
end;
$$;

-- MARK: Products

-- Adds a SKU, or renames it, and sets what it costs in the markets given; prices of open stock change
-- with it. Returns false when the SKU belongs to another product.
create function spillway.put_sku(
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
  insert into spillway.sku_prices (tenant_id, sku, market, currency, amount)
  select in_tenant, in_sku, f.market, f.currency, f.amount
    from unnest(markets, currencies, amounts) as f (market, currency, amount)
  on conflict (tenant_id, sku, market) do update
    set currency = excluded.currency, amount = excluded.amount, updated_at = clock_timestamp();
  perform from spillway.stock_accounts
   where tenant_id = in_tenant and sku = in_sku and scope = spillway.open_scope()
   order by cell for no key update;
  with changed as (
    update spillway.stock_accounts a
       set price = f.amount, currency = f.currency, version = a.version + 1,
           updated_at = clock_timestamp()
      from unnest(markets, currencies, amounts) as f (market, currency, amount)
     where a.tenant_id = in_tenant and a.sku = in_sku and a.scope = spillway.open_scope()
       and a.market = f.market and (a.price, a.currency) <> (f.amount, f.currency)
    returning a.cell, a.account_id
  )
  insert into spillway.cell_commands (cell, kind, subject)
  select cell, 'stock.put', account_id from changed order by cell;
  return true;
end;
$$;

-- MARK: Sales

-- Tells a sale's cell that it changed.
create function spillway.tell_sale(in_tenant text, in_sale uuid) returns void language sql as $$
  insert into spillway.cell_commands (cell, kind, subject)
  select cell, 'sale.put', sale_id from spillway.sales where tenant_id = in_tenant and sale_id = in_sale
$$;

-- Adds a sale with its items, its cells and the accounts that its stock comes to.
create function spillway.insert_sale(
  in_tenant text, in_sale uuid, in_name text, in_market text, in_cell text, in_source_cell text,
  in_opens_at timestamptz, in_closes_at timestamptz, in_acknowledge text,
  in_reservation_seconds bigint, in_room uuid, in_rate_policy jsonb, in_actor text,
  item_skus text[], quantities bigint[], prices bigint[], currencies text[], limits bigint[]
) returns void language plpgsql as $$
begin
  insert into spillway.cells (cell, tenant_id)
  select distinct cell, in_tenant from unnest(array[in_cell, in_source_cell]) as f (cell) order by cell
  on conflict (cell) do nothing;
  insert into spillway.sales (tenant_id, sale_id, name, market, cell, source_cell, opens_at, closes_at,
    acknowledge, reservation_seconds, room_id, rate_policy, created_by)
  values (in_tenant, in_sale, in_name, in_market, in_cell, in_source_cell, in_opens_at, in_closes_at,
    in_acknowledge, in_reservation_seconds, in_room, in_rate_policy, in_actor);
  insert into spillway.sale_items (tenant_id, sale_id, sku, position, quantity, price, currency,
    per_user_limit)
  select in_tenant, in_sale, f.sku, f.place, f.quantity, f.price, f.currency, f.most
    from unnest(item_skus, quantities, prices, currencies, limits) with ordinality
      as f (sku, quantity, price, currency, most, place);
  with accounts as (
    insert into spillway.stock_accounts (tenant_id, cell, scope, sku, market, price, currency,
      per_user_limit)
    select in_tenant, in_cell, in_sale, sku, in_market, price, currency, per_user_limit
      from spillway.sale_items where tenant_id = in_tenant and sale_id = in_sale order by sku
    returning account_id
  )
  insert into spillway.cell_commands (cell, kind, subject)
  select in_cell, 'stock.put', account_id from accounts;
  perform spillway.tell_sale(in_tenant, in_sale);
end;
$$;

-- Asks the market's cell for the stock of a sale.
create function spillway.fill_sale(in_tenant text, in_sale uuid) returns void
language plpgsql as $$
declare
  sale spillway.sales;
  item spillway.sale_items;
begin
  select * into strict sale from spillway.sales where tenant_id = in_tenant and sale_id = in_sale;
  for item in select * from spillway.sale_items
    where tenant_id = in_tenant and sale_id = in_sale order by sku
  loop
    perform spillway.request_stock(in_tenant, spillway.new_id(), 'sale_open', sale.source_cell,
      spillway.open_scope(), item.sku, sale.cell, in_sale, item.quantity, 'sale ' || in_sale,
      'spillway');
  end loop;
end;
$$;

-- Asks the cell of a sale that is over for what is left. Returns true once nothing is left.
--
-- Each account is asked at least once: the answer comes behind all facts about it, so whatever was
-- reserved in the last moment is known by then.
create function spillway.empty_sale(in_tenant text, in_sale uuid) returns boolean
language plpgsql as $$
declare
  sale spillway.sales;
  account spillway.stock_accounts;
  is_empty boolean := true;
begin
  select * into strict sale from spillway.sales where tenant_id = in_tenant and sale_id = in_sale;
  for account in select * from spillway.stock_accounts
    where tenant_id = in_tenant and cell = sale.cell and scope = in_sale order by sku
  loop
    continue when account.received - account.taken - account.sold = 0 and exists (
      select from spillway.stock_movements where tenant_id = in_tenant and from_scope = in_sale
        and from_cell = sale.cell and sku = account.sku and kind = 'sale_close' and state = 'DONE');
    is_empty := false;
    -- One that waits is enough; and one that found nothing is not followed by the next at once.
    continue when account.reserved > 0 or exists (
      select from spillway.stock_movements where tenant_id = in_tenant and from_scope = in_sale
        and from_cell = sale.cell and sku = account.sku
        and (state = 'PENDING' or (kind = 'sale_close'
          and finished_at > clock_timestamp() - interval '1 second')));
    perform spillway.request_stock(in_tenant, spillway.new_id(), 'sale_close', sale.cell, in_sale,
      account.sku, sale.source_cell, spillway.open_scope(),
      greatest(1, account.received - account.taken - account.sold), 'sale ' || in_sale, 'spillway');
  end loop;
  return is_empty;
end;
$$;

-- Takes sales one step on whose time has come. Sales that somebody else works on are passed over.
-- Returns how many changed their state.
create function spillway.advance_sales(in_lead_milliseconds bigint, in_limit bigint) returns bigint
language plpgsql as $$
declare
  sale spillway.sales;
  next_state text;
  advanced bigint := 0;
begin
  for sale in select * from spillway.sales
    where state in ('OPENING', 'CLOSING')
      or (state = 'SCHEDULED'
        and opens_at <= clock_timestamp() + in_lead_milliseconds * interval '1 millisecond')
      or (state = 'OPEN' and closes_at <= clock_timestamp())
    order by opens_at limit in_limit for no key update skip locked
  loop
    next_state := null;
    case sale.state
      when 'SCHEDULED' then
        if sale.closes_at <= clock_timestamp() then
          next_state := 'CLOSED';
        else
          perform spillway.fill_sale(sale.tenant_id, sale.sale_id);
          next_state := 'OPENING';
        end if;
      when 'OPENING' then
        if not exists (select from spillway.stock_movements where tenant_id = sale.tenant_id
          and from_cell = sale.source_cell and to_scope = sale.sale_id and state = 'PENDING') then
          next_state := 'OPEN';
        end if;
      when 'OPEN' then
        next_state := 'CLOSING';
      else
        if spillway.empty_sale(sale.tenant_id, sale.sale_id) then
          next_state := 'CLOSED';
        end if;
    end case;
    if next_state is not null then
      update spillway.sales
         set state = next_state, version = version + 1, updated_at = clock_timestamp()
       where tenant_id = sale.tenant_id and sale_id = sale.sale_id;
      perform spillway.tell_sale(sale.tenant_id, sale.sale_id);
      advanced := advanced + 1;
    end if;
  end loop;
  return advanced;
end;
$$;
