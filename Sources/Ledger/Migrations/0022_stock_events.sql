-- What others are told of stock, as events of the outbox: what came in, went out, changed its account or its
-- place, once the movement is done; and what was sold, account by account, in the transaction of the payment.

create function spillway.tell_movement() returns trigger language plpgsql as $$
begin
  insert into spillway.outbox_events (tenant_id, kind, subject, payload)
  values (new.tenant_id, 'stock.changed', new.movement_id, jsonb_build_object(
    'change', new.kind, 'sku', new.sku, 'quantity', new.moved,
    'from_cell', new.from_cell, 'from_sale_id', nullif(new.from_scope, spillway.open_scope()),
    'to_cell', new.to_cell, 'to_sale_id', nullif(new.to_scope, spillway.open_scope()),
    'reason', new.reason, 'actor', new.actor));
  return null;
end;
$$;
create trigger stock_movements_tell_new after insert on spillway.stock_movements
  for each row when (new.state = 'DONE' and new.moved > 0)
  execute function spillway.tell_movement();
create trigger stock_movements_tell after update of state on spillway.stock_movements
  for each row when (old.state = 'PENDING' and new.state = 'DONE' and new.moved > 0)
  execute function spillway.tell_movement();

-- One event an account and statement, however many payments the statement is for.
create function spillway.tell_sold() returns trigger language plpgsql as $$
begin
  insert into spillway.outbox_events (tenant_id, kind, subject, payload)
  values (new.tenant_id, 'stock.changed', new.account_id, jsonb_build_object(
    'change', 'sold', 'sku', new.sku, 'quantity', new.sold - old.sold, 'from_cell', new.cell,
    'from_sale_id', nullif(new.scope, spillway.open_scope())));
  return null;
end;
$$;
create trigger stock_accounts_tell after update of sold on spillway.stock_accounts
  for each row when (new.sold > old.sold) execute function spillway.tell_sold();
