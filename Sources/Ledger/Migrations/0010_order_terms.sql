-- What an order is priced by besides its lines: a word that its cell keeps and carries without reading
-- it, for the answer to a replay. "-" says that there is nothing.

alter table spillway.orders
  add column terms text not null default '-' check (octet_length(terms) between 1 and 240);

drop function spillway.apply_stock_facts(
  text, uuid[], uuid[], text[], text[], text[], bigint[], bigint[], bigint[], text[], text[],
  uuid[], uuid[], bigint[], text[], bigint[], bigint[], uuid[], uuid[], text[], bigint[]);
drop function spillway.replay_orders(
  text, text, uuid[], uuid[], text[], text[], text[], bigint[], bigint[], bigint[], text[], text[],
  uuid[], uuid[], bigint[], text[], bigint[], bigint[]);
drop function spillway.insert_orders(
  text, text, uuid[], uuid[], text[], text[], text[], bigint[], bigint[], bigint[], text[], text[],
  uuid[], uuid[], bigint[], text[], bigint[], bigint[]);

-- Records orders that are new, with their lines, and what they reserve. The caller has locked the
-- accounts. Raises a unique violation when an order is there already.
create function spillway.insert_orders(
  in_tenant text, in_cell text,
  order_ids uuid[], scopes uuid[], user_ids text[], markets text[], currencies text[], totals bigint[],
  created bigint[], deadlines bigint[], digests text[], fingerprints text[], terms text[],
  line_orders uuid[], line_scopes uuid[], line_positions bigint[], line_skus text[],
  line_quantities bigint[], line_prices bigint[]
) returns void language plpgsql as $$
declare
  touched bigint;
begin
  insert into spillway.orders (tenant_id, order_id, cell, scope, user_id, market, currency, subtotal,
    total, created_at, reserved_until, idempotency_digest, idempotency_fingerprint, terms)
  select in_tenant, f.id, in_cell, f.scope, f.buyer, f.market, f.currency, f.total, f.total,
    to_timestamp(f.created / 1000.0), to_timestamp(f.deadline / 1000.0), f.digest, f.print, f.terms
  from unnest(order_ids, scopes, user_ids, markets, currencies, totals, created, deadlines, digests,
    fingerprints, terms)
    as f (id, scope, buyer, market, currency, total, created, deadline, digest, print, terms);
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
  created bigint[], deadlines bigint[], digests text[], fingerprints text[], terms text[],
  line_orders uuid[], line_scopes uuid[], line_positions bigint[], line_skus text[],
  line_quantities bigint[], line_prices bigint[]
) returns bigint language plpgsql as $$
declare
  known uuid[];
begin
  select coalesce(array_agg(order_id), '{}') into known from spillway.orders
   where tenant_id = in_tenant and order_id = any(order_ids);
  if exists (
    select from unnest(order_ids, scopes, user_ids, totals, created, deadlines, terms)
      as f (id, scope, buyer, total, created, deadline, terms)
    join spillway.orders o on o.tenant_id = in_tenant and o.order_id = f.id
    where o.cell <> in_cell or o.scope <> f.scope or o.user_id <> f.buyer or o.subtotal <> f.total
      or o.created_at <> to_timestamp(f.created / 1000.0)
      or o.reserved_until <> to_timestamp(f.deadline / 1000.0) or o.terms <> f.terms
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
      array_agg(f.digest), array_agg(f.print), array_agg(f.terms)
    into order_ids, scopes, user_ids, markets, currencies, totals, created, deadlines, digests,
      fingerprints, terms
    from unnest(order_ids, scopes, user_ids, markets, currencies, totals, created, deadlines, digests,
      fingerprints, terms)
      as f (id, scope, buyer, market, currency, total, created, deadline, digest, print, terms)
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
    created, deadlines, digests, fingerprints, terms, line_orders, line_scopes, line_positions, line_skus,
    line_quantities, line_prices);
  return cardinality(order_ids);
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
  created bigint[], deadlines bigint[], digests text[], fingerprints text[], terms text[],
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
        totals, created, deadlines, digests, fingerprints, terms, line_orders, line_scopes, line_positions,
        line_skus, line_quantities, line_prices);
      added := cardinality(order_ids);
    exception when unique_violation then
      added := spillway.replay_orders(in_tenant, in_cell, order_ids, scopes, user_ids, markets, currencies,
        totals, created, deadlines, digests, fingerprints, terms, line_orders, line_scopes, line_positions,
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
