-- Facts lock orders before stock, as everybody does.

-- Locks the orders of the ledger that facts about orders change: those that are here already, and those
-- that have one of the keys.
create function spillway.lock_known_orders(
  in_tenant text, order_ids uuid[], user_ids text[], digests uuid[]
) returns void language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off as $$
begin
  perform from spillway.orders
   where tenant_id = in_tenant and order_id = any(order_ids || array(
     select o.order_id from unnest(user_ids, digests) f (buyer, digest)
       join spillway.orders o on o.user_id = f.buyer and o.idempotency_digest = f.digest
         and o.tenant_id = in_tenant))
   order by order_id for update;
end;
$$;

-- Locks the movements and the stock that facts are about.
create function spillway.lock_fact_stock(
  in_tenant text, in_cell text, baskets spillway.order_basket[], movement_ids uuid[],
  take_scopes uuid[], take_skus text[]
) returns void language plpgsql as $$
begin
  if cardinality(movement_ids) > 0 then
    perform from spillway.stock_movements
     where tenant_id = in_tenant and movement_id = any(movement_ids)
     order by movement_id for no key update;
  end if;
  perform spillway.lock_accounts_of_facts(in_tenant, in_cell, baskets, movement_ids, take_scopes,
    take_skus);
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
--
-- Orders are locked before stock, by everybody. New ones need no lock; where some are known, what was
-- locked for them is let go with what was tried, and is locked again behind the orders.
create or replace function spillway.apply_stock_facts(
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
  select array_agg(row(b.number, b.scope, b.market, b.currency, b.subtotal, b.discount, b.tax, b.shipping,
      b.coupon, b.campaign, to_timestamp(b.created / 1000.0), to_timestamp(b.deadline / 1000.0),
      b.fingerprint, b.terms, b.skus::text[], b.quantities::bigint[], b.prices::bigint[]
      )::spillway.order_basket)
    into baskets
    from unnest(scopes, markets, currencies, created, deadlines, fingerprints, terms, skus, quantities,
      prices, subtotals, discounts, taxes, shippings, coupons, campaigns) with ordinality
      as b (scope, market, currency, created, deadline, fingerprint, terms, skus, quantities, prices,
        subtotal, discount, tax, shipping, coupon, campaign, number);
  begin
    perform spillway.lock_fact_stock(in_tenant, in_cell, baskets, movement_ids, take_scopes, take_skus);
    if cardinality(order_ids) > 0 then
      perform spillway.insert_orders(in_tenant, in_cell, order_ids, user_ids, digests, numbers, baskets);
      added := cardinality(order_ids);
    end if;
  exception when unique_violation then
    perform spillway.lock_known_orders(in_tenant, order_ids, user_ids, digests);
    perform spillway.lock_fact_stock(in_tenant, in_cell, baskets, movement_ids, take_scopes, take_skus);
    added := spillway.replay_orders(in_tenant, in_cell, order_ids, user_ids, digests, numbers, baskets);
  end;
  if cardinality(movement_ids) > 0 then
    added := added + spillway.finish_movements(in_tenant, in_cell, movement_ids, take_scopes,
      take_skus, take_quantities);
  end if;
  return added;
end;
$$;
