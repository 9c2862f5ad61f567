-- What orders come to besides the sum of their lines: discount, tax, shipping, and the coupon behind a
-- discount. Nodes and reconcilers compute it, from prices and the order's terms; see OrderTotals.

alter table spillway.orders
  add column if not exists coupon_id uuid,
  add column if not exists campaign_id uuid;

-- Records orders that are new, with their lines, what they come to, and what they reserve. The caller has
-- locked the accounts. Raises a unique violation when an order is there already.
--
-- The last five arrays are as long as the orders, or empty when none of them comes to anything but its
-- lines.
create function spillway.insert_priced_orders(
  in_tenant text, in_cell text,
  order_ids uuid[], scopes uuid[], user_ids text[], markets text[], currencies text[],
  subtotals bigint[], created bigint[], deadlines bigint[], digests text[], fingerprints text[],
  terms text[],
  line_orders uuid[], line_scopes uuid[], line_positions bigint[], line_skus text[],
  line_quantities bigint[], line_prices bigint[],
  discounts bigint[], taxes bigint[], shippings bigint[], coupons uuid[], campaigns uuid[]
) returns void language plpgsql as $$
declare
  touched bigint;
begin
  insert into spillway.orders (tenant_id, order_id, cell, scope, user_id, market, currency, subtotal,
    discount, tax, shipping, total, coupon_id, campaign_id, created_at, reserved_until,
    idempotency_digest, idempotency_fingerprint, terms)
  select in_tenant, f.id, in_cell, f.scope, f.buyer, f.market, f.currency, f.subtotal,
    coalesce(f.discount, 0), coalesce(f.tax, 0), coalesce(f.shipping, 0),
    f.subtotal - coalesce(f.discount, 0) + coalesce(f.tax, 0) + coalesce(f.shipping, 0),
    f.coupon, f.campaign, to_timestamp(f.created / 1000.0), to_timestamp(f.deadline / 1000.0),
    f.digest, f.print, f.terms
  from unnest(order_ids, scopes, user_ids, markets, currencies, subtotals, created, deadlines, digests,
    fingerprints, terms, discounts, taxes, shippings, coupons, campaigns)
    as f (id, scope, buyer, market, currency, subtotal, created, deadline, digest, print, terms,
      discount, tax, shipping, coupon, campaign);
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

-- Orders that come to nothing but their lines.
create or replace function spillway.insert_orders(
  in_tenant text, in_cell text,
  order_ids uuid[], scopes uuid[], user_ids text[], markets text[], currencies text[], totals bigint[],
  created bigint[], deadlines bigint[], digests text[], fingerprints text[], terms text[],
  line_orders uuid[], line_scopes uuid[], line_positions bigint[], line_skus text[],
  line_quantities bigint[], line_prices bigint[]
) returns void language sql as $$
  select spillway.insert_priced_orders(in_tenant, in_cell, order_ids, scopes, user_ids, markets,
    currencies, totals, created, deadlines, digests, fingerprints, terms, line_orders, line_scopes,
    line_positions, line_skus, line_quantities, line_prices, '{}', '{}', '{}', '{}', '{}')
$$;

-- Writes what orders come to that were recorded without it. Those that have it stay as they are.
create function spillway.price_orders(
  in_tenant text, order_ids uuid[], discounts bigint[], taxes bigint[], shippings bigint[],
  coupons uuid[], campaigns uuid[]
) returns void language sql as $$
  update spillway.orders o
     set discount = f.discount, tax = f.tax, shipping = f.shipping,
       total = o.subtotal - f.discount + f.tax + f.shipping, coupon_id = f.coupon,
       campaign_id = f.campaign
    from unnest(order_ids, discounts, taxes, shippings, coupons, campaigns)
      as f (id, discount, tax, shipping, coupon, campaign)
   where o.tenant_id = in_tenant and o.order_id = f.id and f.discount is not null
     and (o.discount, o.tax, o.shipping, o.coupon_id, o.campaign_id)
       is distinct from (f.discount, f.tax, f.shipping, f.coupon, f.campaign)
$$;

drop function spillway.apply_stock_facts(
  text, uuid[], uuid[], text[], text[], text[], bigint[], bigint[], bigint[], text[], text[], text[],
  uuid[], uuid[], bigint[], text[], bigint[], bigint[], uuid[], uuid[], text[], bigint[]);

-- Takes facts about stock into the ledger, in a transaction that moves the cell's cursor over them.
--
-- Rows that are there already are facts replayed and change nothing.
-- Returns how many facts were new. Raises an integrity violation when a fact says something else than
-- the ledger: another order of that id, stock or a movement that the ledger lacks, more than there is.
create function spillway.apply_stock_facts(
  in_cell text,
  order_ids uuid[], scopes uuid[], user_ids text[], markets text[], currencies text[],
  subtotals bigint[], created bigint[], deadlines bigint[], digests text[], fingerprints text[],
  terms text[],
  line_orders uuid[], line_scopes uuid[], line_positions bigint[], line_skus text[],
  line_quantities bigint[], line_prices bigint[],
  movement_ids uuid[], take_scopes uuid[], take_skus text[], quantities bigint[],
  discounts bigint[], taxes bigint[], shippings bigint[], coupons uuid[], campaigns uuid[]
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
      perform spillway.insert_priced_orders(in_tenant, in_cell, order_ids, scopes, user_ids, markets,
        currencies, subtotals, created, deadlines, digests, fingerprints, terms, line_orders,
        line_scopes, line_positions, line_skus, line_quantities, line_prices, discounts, taxes,
        shippings, coupons, campaigns);
      added := cardinality(order_ids);
    exception when unique_violation then
      added := spillway.replay_orders(in_tenant, in_cell, order_ids, scopes, user_ids, markets,
        currencies, subtotals, created, deadlines, digests, fingerprints, terms, line_orders,
        line_scopes, line_positions, line_skus, line_quantities, line_prices);
      perform spillway.price_orders(in_tenant, order_ids, discounts, taxes, shippings, coupons,
        campaigns);
    end;
  end if;
  if cardinality(movement_ids) > 0 then
    added := added + spillway.finish_movements(in_tenant, in_cell, movement_ids, take_scopes,
      take_skus, quantities);
  end if;
  return added;
end;
$$;
