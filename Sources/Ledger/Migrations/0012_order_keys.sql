-- The ledger's last guard of orders' idempotency keys: within its life a key has one order, whatever
-- Redis has forgotten. The digest names the tenant, the cell, the user and the key.
--
-- Keys end, so the guard is of the orders that have one: an order loses its key to a later one that comes
-- when the key's life is over.

-- How long an idempotency key counts.
create function spillway.key_life() returns interval language sql immutable parallel safe as
$$ select interval '24 hours' $$;

-- Compared byte by byte.
alter table spillway.orders alter column idempotency_digest type text collate "C";
update spillway.orders o set idempotency_digest = null
  from (select tenant_id, order_id, row_number() over (
      partition by tenant_id, idempotency_digest order by created_at desc) as place
    from spillway.orders where idempotency_digest is not null) n
 where n.place > 1 and o.tenant_id = n.tenant_id and o.order_id = n.order_id;
-- The digest leads, as the keys of coupons do (decision 0011): it is of fixed width and tells the tenant.
create unique index orders_of_key on spillway.orders (idempotency_digest, tenant_id);

-- Decides about orders that are new to the ledger which of them keep their keys, and which are
-- duplicates: the key belongs to an order that came before and is not older than a key's life.
--
-- An order of the ledger whose key's life is over gives its key up.
create function spillway.settle_keys(
  in_tenant text, order_ids uuid[], created bigint[], digests text[],
  out kept text[], out duplicates uuid[]
) language plpgsql as $$
begin
  update spillway.orders o set idempotency_digest = null
    from unnest(created, digests) f (created, digest)
   where o.tenant_id = in_tenant and o.idempotency_digest = f.digest
     and o.created_at <= to_timestamp(f.created / 1000.0) - spillway.key_life();
  with candidate as (
    select f.id, f.digest, f.place, to_timestamp(f.created / 1000.0) as created
      from unnest(order_ids, created, digests) with ordinality as f (id, created, digest, place)
  ), judged as (
    select c.*, exists (
          select from spillway.orders o
           where o.tenant_id = in_tenant and o.idempotency_digest = c.digest)
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

-- Cancels orders that were just recorded, and that their user got another order for under the same key.
--
-- Their cell has accepted them because it lacked the record of the key, so it is rebuilt from the
-- ledger.
create function spillway.cancel_duplicates(
  in_tenant text, in_cell text, in_orders uuid[]
) returns void language plpgsql as $$
begin
  if cardinality(in_orders) = 0 then
    return;
  end if;
  update spillway.orders
     set status = 'CANCELLED', cancelled_at = clock_timestamp(), reason = 'duplicate'
   where tenant_id = in_tenant and order_id = any(in_orders);
  perform spillway.settle_orders(array_fill(in_tenant, array[cardinality(in_orders)]), in_orders,
    'order.release');
  insert into spillway.cell_commands (cell, kind, subject) values (in_cell, 'cell.rebuild', in_orders[1]);
end;
$$;

-- The slow way: some of the orders are in the ledger already, or have a key that another order has.
-- Returns how many orders were not there.
create or replace function spillway.replay_orders(
  in_tenant text, in_cell text,
  order_ids uuid[], scopes uuid[], user_ids text[], markets text[], currencies text[], totals bigint[],
  created bigint[], deadlines bigint[], digests text[], fingerprints text[], terms text[],
  line_orders uuid[], line_scopes uuid[], line_positions bigint[], line_skus text[],
  line_quantities bigint[], line_prices bigint[]
) returns bigint language plpgsql as $$
declare
  known uuid[];
  duplicates uuid[];
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
  select k.kept, k.duplicates into digests, duplicates
    from spillway.settle_keys(in_tenant, order_ids, created, digests) k;
  perform spillway.insert_orders(in_tenant, in_cell, order_ids, scopes, user_ids, markets, currencies, totals,
    created, deadlines, digests, fingerprints, terms, line_orders, line_scopes, line_positions, line_skus,
    line_quantities, line_prices);
  perform spillway.cancel_duplicates(in_tenant, in_cell, duplicates);
  return cardinality(order_ids);
end;
$$;
