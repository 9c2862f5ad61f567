-- Where goods lie. A market's stock is sold as one; its locations say which warehouse has how much of it.
--
-- What is booked into and out of locations follows from what happens to stock and orders, in the same
-- transaction, by triggers that work at its end: whatever path a movement or an order takes, no piece is
-- forgotten, and locations are locked behind everything else. Payments touch none of this.

create table spillway.locations (
  tenant_id text not null references spillway.tenants,
  location_id uuid not null,
  market text not null check (market ~ '^[A-Z]{2}$'),
  name text not null check (length(name) between 1 and 200),
  -- Goods are taken from the lowest first.
  priority integer not null default 100 check (priority between 0 and 10000),
  -- Takes what comes in without a word where to.
  is_default boolean not null default false,
  -- Another is taken from as long as one is.
  is_active boolean not null default true,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, location_id),
  unique (tenant_id, market, name),
  check (is_active or not is_default)
);
create unique index locations_by_default on spillway.locations (tenant_id, market) where is_default;

create table spillway.location_stock (
  tenant_id text not null,
  sku text collate "C" not null,
  location_id uuid not null,
  quantity bigint not null constraint location_stock_cover check (quantity >= 0),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, sku, location_id),
  foreign key (tenant_id, location_id) references spillway.locations
) with (fillfactor = 70);

-- Double entries: what a movement or an order brings to locations and takes from them adds up to zero with
-- the outside (null). Never changed. Their movements and orders are proven by the audit.
create table spillway.location_entries (
  tenant_id text not null,
  entry_id bigint generated always as identity,
  -- The stock movement, or the order.
  subject uuid not null,
  kind text not null
    check (kind in ('opening', 'receipt', 'correction', 'return', 'transfer', 'fulfilment')),
  location_id uuid,
  sku text collate "C" not null,
  quantity bigint not null check (quantity <> 0),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, entry_id)
);
create index location_entries_of_subject on spillway.location_entries (tenant_id, subject);

create trigger location_entries_stay before update or delete on spillway.location_entries
  for each row execute function spillway.refuse_change();
create trigger location_entries_stay_all before truncate on spillway.location_entries
  for each statement execute function spillway.refuse_change();

-- Which location was meant, where one was named.
alter table spillway.stock_movements
  add column from_location uuid,
  add column to_location uuid,
  add foreign key (tenant_id, from_location) references spillway.locations,
  add foreign key (tenant_id, to_location) references spillway.locations,
  drop constraint stock_movements_kind_check,
  add constraint stock_movements_kind_check check (
    kind in ('receipt', 'correction', 'sale_open', 'sale_close', 'return', 'transfer'));

-- MARK: Books

-- Has one transaction at a time book goods of a tenant into and out of locations. It is the last lock that a
-- transaction takes, so nobody waits for anybody in a circle.
create function spillway.lock_locations(in_tenant text) returns void language sql as $$
  select pg_advisory_xact_lock(hashtextextended('locations of ' || in_tenant, 0))
$$;

-- The location of a market that takes what comes in without a word where to; made when it is first needed.
create function spillway.default_location(in_tenant text, in_market text) returns uuid
language plpgsql as $$
declare
  found_location uuid;
begin
  select location_id into found_location from spillway.locations
   where tenant_id = in_tenant and market = in_market and is_default;
  if not found then
    insert into spillway.locations (tenant_id, location_id, market, name, is_default, created_by)
    select in_tenant, spillway.new_id(), in_market,
        'Main ' || in_market || coalesce(' ' || nullif(count(*), 0), ''), true, 'spillway'
      from spillway.locations
     where tenant_id = in_tenant and market = in_market and name like 'Main %'
    on conflict do nothing;
    select location_id into strict found_location from spillway.locations
     where tenant_id = in_tenant and market = in_market and is_default;
  end if;
  return found_location;
end;
$$;

-- Books pieces from outside into a location.
create function spillway.put_into_location(
  in_tenant text, in_subject uuid, in_kind text, in_location uuid, in_sku text, in_quantity bigint
) returns void language plpgsql as $$
begin
  insert into spillway.location_stock as s (tenant_id, sku, location_id, quantity)
  values (in_tenant, in_sku, in_location, in_quantity)
  on conflict (tenant_id, sku, location_id) do update
    set quantity = s.quantity + excluded.quantity, updated_at = clock_timestamp();
  insert into spillway.location_entries (tenant_id, subject, kind, location_id, sku, quantity)
  values (in_tenant, in_subject, in_kind, null, in_sku, -in_quantity),
    (in_tenant, in_subject, in_kind, in_location, in_sku, in_quantity);
end;
$$;

-- Books pieces out of a market's locations: out of `in_first` if one is named, then out of those in use by
-- priority, then out of the others. Never more than there are: that it is enough is for the audit to prove,
-- and no reason to stop what the pieces are taken for.
create function spillway.take_from_locations(
  in_tenant text, in_subject uuid, in_kind text, in_market text, in_first uuid, in_sku text,
  in_quantity bigint
) returns void language plpgsql as $$
declare
  place record;
  missing bigint := in_quantity;
begin
  for place in
    select s.location_id, least(s.quantity, in_quantity) as quantity
      from spillway.location_stock s join spillway.locations l using (tenant_id, location_id)
     where s.tenant_id = in_tenant and s.sku = in_sku and l.market = in_market and s.quantity > 0
     order by (s.location_id = in_first) is true desc, l.is_active desc, l.priority, s.location_id
  loop
    exit when missing = 0;
    place.quantity := least(place.quantity, missing);
    missing := missing - place.quantity;
    update spillway.location_stock
       set quantity = quantity - place.quantity, updated_at = clock_timestamp()
     where tenant_id = in_tenant and sku = in_sku and location_id = place.location_id;
    insert into spillway.location_entries (tenant_id, subject, kind, location_id, sku, quantity)
    values (in_tenant, in_subject, in_kind, place.location_id, in_sku, -place.quantity),
      (in_tenant, in_subject, in_kind, null, in_sku, place.quantity);
  end loop;
end;
$$;

-- Takes the goods of an order that was paid out of its market's locations, once.
create function spillway.allocate_locations(in_tenant text, in_order uuid) returns void
language plpgsql as $$
declare
  line record;
begin
  perform spillway.lock_locations(in_tenant);
  if exists (select from spillway.location_entries
    where tenant_id = in_tenant and subject = in_order) then
    return;
  end if;
  for line in
    select o.market, l.sku, sum(l.quantity)::bigint as quantity
      from spillway.orders o join spillway.order_lines l using (tenant_id, order_id)
     where o.tenant_id = in_tenant and o.order_id = in_order
     group by o.market, l.sku order by l.sku
  loop
    perform spillway.take_from_locations(in_tenant, in_order, 'fulfilment', line.market, null,
      line.sku, line.quantity);
  end loop;
end;
$$;

-- MARK: Triggers

-- An order that is no longer paid and waiting has left the warehouse. One that is cancelled or refunded
-- before goes out and comes back at once: its return is a movement like any other.
create function spillway.allocate_order() returns trigger language plpgsql as $$
begin
  perform spillway.allocate_locations(new.tenant_id, new.order_id);
  return null;
end;
$$;
create constraint trigger orders_allocate after update of status on spillway.orders
  deferrable initially deferred for each row
  when (old.status = 'PAID' and new.status in ('FULFILLED', 'CANCELLED', 'REFUNDED'))
  execute function spillway.allocate_order();

-- Books what a movement has moved: between a market and the outside, or between two markets. Within a
-- market stock only changes its account, not its place; a transfer says itself what it does.
create function spillway.locate_movement() returns trigger language plpgsql as $$
declare
  movement spillway.stock_movements;
  source text;
  target text;
begin
  -- As it is at the end of the transaction: locations are named after the movement was made.
  select * into strict movement from spillway.stock_movements
   where tenant_id = new.tenant_id and movement_id = new.movement_id;
  select market into source from spillway.stock_accounts where tenant_id = new.tenant_id
    and cell = new.from_cell and scope = new.from_scope and sku = new.sku;
  select market into target from spillway.stock_accounts where tenant_id = new.tenant_id
    and cell = new.to_cell and scope = new.to_scope and sku = new.sku;
  if source is not distinct from target then
    return null;
  end if;
  perform spillway.lock_locations(new.tenant_id);
  if source is not null then
    perform spillway.take_from_locations(new.tenant_id, new.movement_id, new.kind, source,
      movement.from_location, new.sku, new.moved);
  end if;
  if target is not null then
    perform spillway.put_into_location(new.tenant_id, new.movement_id, new.kind,
      coalesce(movement.to_location, spillway.default_location(new.tenant_id, target)), new.sku,
      new.moved);
  end if;
  return null;
end;
$$;
create constraint trigger stock_movements_locate_new after insert on spillway.stock_movements
  deferrable initially deferred for each row when (new.state = 'DONE' and new.moved > 0)
  execute function spillway.locate_movement();
create constraint trigger stock_movements_locate after update of state on spillway.stock_movements
  deferrable initially deferred for each row
  when (old.state = 'PENDING' and new.state = 'DONE' and new.moved > 0)
  execute function spillway.locate_movement();

-- MARK: Movements that name a location

-- Receives stock as `receive_stock` does, into a location.
create function spillway.receive_stock_at(
  in_tenant text, in_movement uuid, in_kind text, in_cell text, in_scope uuid, in_sku text,
  in_quantity bigint, in_reason text, in_actor text, in_location uuid
) returns boolean language plpgsql as $$
begin
  if not spillway.receive_stock(in_tenant, in_movement, in_kind, in_cell, in_scope, in_sku,
    in_quantity, in_reason, in_actor) then
    return false;
  end if;
  update spillway.stock_movements set to_location = in_location
   where tenant_id = in_tenant and movement_id = in_movement;
  return true;
end;
$$;

-- Asks for stock as `request_stock` does, out of a location and perhaps into another.
create function spillway.request_stock_at(
  in_tenant text, in_movement uuid, in_kind text, in_cell text, in_scope uuid, in_sku text,
  in_to_cell text, in_to_scope uuid, in_quantity bigint, in_reason text, in_actor text,
  in_location uuid, in_to_location uuid
) returns boolean language plpgsql as $$
begin
  if not spillway.request_stock(in_tenant, in_movement, in_kind, in_cell, in_scope, in_sku,
    in_to_cell, in_to_scope, in_quantity, in_reason, in_actor) then
    return false;
  end if;
  update spillway.stock_movements set from_location = in_location, to_location = in_to_location
   where tenant_id = in_tenant and movement_id = in_movement;
  return true;
end;
$$;

-- Moves pieces between two locations of one market, all or none: no account has more or less by it.
-- Returns whether there were enough.
create function spillway.transfer_stock(
  in_tenant text, in_movement uuid, in_cell text, in_sku text, in_from uuid, in_to uuid,
  in_quantity bigint, in_reason text, in_actor text
) returns boolean language plpgsql as $$
declare
  in_market text;
begin
  select market into strict in_market from spillway.locations
   where tenant_id = in_tenant and location_id = in_from;
  perform spillway.lock_locations(in_tenant);
  if not exists (select from spillway.location_stock where tenant_id = in_tenant
    and sku = in_sku and location_id = in_from and quantity >= in_quantity) then
    return false;
  end if;
  insert into spillway.stock_movements (tenant_id, movement_id, kind, reason, actor, sku, from_cell,
    from_scope, to_cell, to_scope, from_location, to_location, wanted, moved, state, finished_at)
  values (in_tenant, in_movement, 'transfer', in_reason, in_actor, in_sku, in_cell,
    spillway.open_scope(), in_cell, spillway.open_scope(), in_from, in_to, in_quantity, in_quantity,
    'DONE', clock_timestamp());
  insert into spillway.stock_entries (tenant_id, movement_id, side, cell, scope, sku, quantity)
  values
    (in_tenant, in_movement, 'debit', in_cell, spillway.open_scope(), in_sku, -in_quantity),
    (in_tenant, in_movement, 'credit', in_cell, spillway.open_scope(), in_sku, in_quantity);
  perform spillway.take_from_locations(in_tenant, in_movement, 'transfer', in_market, in_from,
    in_sku, in_quantity);
  perform spillway.put_into_location(in_tenant, in_movement, 'transfer', in_to, in_sku,
    in_quantity);
  return true;
end;
$$;

-- MARK: What there is already

-- All that ever came into a market lies in its first location; what was paid for and has gone, has gone.
do $$
declare
  held record;
  gone record;
begin
  for held in
    select tenant_id, market, sku, sum(received - taken)::bigint as quantity
      from spillway.stock_accounts group by tenant_id, market, sku
    having sum(received - taken) > 0 order by tenant_id, market, sku
  loop
    perform spillway.put_into_location(held.tenant_id, location, 'opening', location, held.sku,
        held.quantity)
      from spillway.default_location(held.tenant_id, held.market) as location;
  end loop;
  for gone in
    select tenant_id, order_id from spillway.orders
     where paid_at is not null and status not in ('PENDING', 'PAID') order by tenant_id, order_id
  loop
    perform spillway.allocate_locations(gone.tenant_id, gone.order_id);
  end loop;
end;
$$;
