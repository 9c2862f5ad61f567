-- Orders are inserted from columns as they are: for each of them less is made up, kept and looked at on the way.

-- Locks the accounts of the baskets' lines, of takes, and of where movements go, in the order of their keys.
--
-- In this language its plan is kept; the other plans anew at each call.
create or replace function spillway.lock_accounts_of_facts(
  in_tenant text, in_cell text, baskets spillway.order_basket[],
  movement_ids uuid[], take_scopes uuid[], take_skus text[]
) returns void language plpgsql as $$
begin
  perform spillway.lock_accounts(array_agg(in_tenant), array_agg(f.cell), array_agg(f.scope),
      array_agg(f.sku))
    from (
      select in_cell, b.scope, l.sku
        from (select distinct scope, skus from unnest(baskets)) b
        cross join lateral unnest(b.skus) l (sku)
      union select in_cell, * from unnest(take_scopes, take_skus)
      union select to_cell, to_scope, sku from spillway.stock_movements
       where tenant_id = in_tenant and movement_id = any(movement_ids) and to_cell is not null
    ) f (cell, scope, sku);
end;
$$;

-- Records orders that are new and counts what they reserve. The caller has locked the accounts. Raises a
-- unique violation when an order is there already, or a key has another order.
--
-- The numbers are those of the orders' baskets. Columns are unnested in a select list: as a table they would be
-- stored and read again. Totals and deadlines are computed once a basket.
create or replace function spillway.insert_orders(
  in_tenant text, in_cell text, order_ids uuid[], user_ids text[], digests uuid[], numbers bigint[],
  baskets spillway.order_basket[]
) returns void language plpgsql
-- However long the arrays are: a plan is made once, and knows none of them.
set enable_nestloop = off as $$
begin
  insert into spillway.orders (tenant_id, order_id, cell, scope, user_id, market, currency, subtotal,
    discount, tax, shipping, total, coupon_id, campaign_id, created_at, reserved_until,
    idempotency_digest, idempotency_fingerprint, terms, skus, quantities, unit_prices)
  select in_tenant, f.id, in_cell, b.scope, f.buyer, b.market, b.currency, b.subtotal, b.discount,
    b.tax, b.shipping, b.total, b.coupon, b.campaign, b.created_at, b.reserved_until, f.digest,
    b.fingerprint, b.terms, b.skus, b.quantities, b.unit_prices
  from (select unnest(order_ids) as id, unnest(user_ids) as buyer, unnest(digests) as digest,
          unnest(numbers) as number) f
  join (select n.*, n.subtotal - n.discount + n.tax + n.shipping as total
          from unnest(baskets) n) b using (number);
  insert into spillway.order_deadlines (tenant_id, cell, deadline, order_ids)
  select in_tenant, in_cell, b.deadline, array_agg(f.id)
    from (select unnest(order_ids) as id, unnest(numbers) as number) f
    join (select n.number, date_trunc('milliseconds', n.reserved_until) as deadline
            from unnest(baskets) n) b using (number)
   group by b.deadline;
  perform spillway.reserve_baskets(in_tenant, in_cell, numbers, baskets);
end;
$$;
