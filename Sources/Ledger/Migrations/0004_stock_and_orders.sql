-- Products, stock, sales and orders. Every key begins with the tenant, so that all tables can be
-- partitioned or distributed by it.
--
-- Stock is kept in accounts, each in one cell. Redis decides what leaves an account (a reservation, a
-- take); the ledger decides what comes in (a receipt, a release, a commit) and tells the cell by a
-- command. So Redis never has more to give away than the ledger.
--
-- Whoever locks rows of several tables does so in this order: cells, sales, orders, movements, accounts;
-- and accounts in the order of their keys.

create table spillway.products (
  tenant_id text not null references spillway.tenants,
  product_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, product_id)
);

-- What is counted and sold. A SKU stays with its product.
create table spillway.skus (
  tenant_id text not null,
  sku text collate "C" not null check (sku ~ '^[A-Za-z0-9._-]{1,64}$'),
  product_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, sku),
  foreign key (tenant_id, product_id) references spillway.products
);
create index skus_by_product on spillway.skus (tenant_id, product_id);

-- What a SKU costs in a market, in minor units of the currency.
create table spillway.sku_prices (
  tenant_id text not null,
  sku text collate "C" not null,
  market text not null check (market ~ '^[A-Z]{2}$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount bigint not null check (amount between 0 and 1000000000000),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, sku, market),
  foreign key (tenant_id, sku) references spillway.skus
);

-- Stock of one SKU in one cell: of a sale (the scope is the sale's id), or open, for whoever buys
-- without one (the scope is all zeros).
create table spillway.stock_accounts (
  tenant_id text not null,
  cell text not null,
  scope uuid not null,
  sku text collate "C" not null,
  -- The subject of the commands that bring the account to its cell.
  account_id uuid not null default gen_random_uuid(),
  market text not null check (market ~ '^[A-Z]{2}$'),
  -- All that ever came in, and all that ever left by a movement.
  received bigint not null default 0 check (received >= 0),
  taken bigint not null default 0 check (taken >= 0),
  -- Held by pending orders, and gone by paid ones.
  reserved bigint not null default 0 check (reserved >= 0),
  sold bigint not null default 0 check (sold >= 0),
  price bigint not null check (price between 0 and 1000000000000),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- What one user may reserve and buy in all; 0 for no limit. Not changed: who bought how much is
  -- counted only where there is one.
  per_user_limit integer not null default 0 check (per_user_limit between 0 and 1000000),
  -- Counts the changes that a cell must be told; what its own facts say is none.
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, cell, scope, sku),
  unique (tenant_id, account_id),
  foreign key (tenant_id, sku) references spillway.skus,
  foreign key (cell, tenant_id) references spillway.cells (cell, tenant_id),
  -- The ledger's own guard: whatever happened to Redis, nothing is given away twice.
  constraint stock_accounts_cover check (received - taken - reserved - sold >= 0)
) with (fillfactor = 50);
create index stock_accounts_by_sku on spillway.stock_accounts (tenant_id, sku);

-- Stock on its way between two accounts, or between an account and the outside (null).
--
-- What leaves an account is decided by its cell: the movement is PENDING until the fact of the take is
-- here, which says how much of what was wanted could be had.
create table spillway.stock_movements (
  tenant_id text not null,
  movement_id uuid not null,
  kind text not null check (kind in ('receipt', 'correction', 'sale_open', 'sale_close')),
  reason text not null check (length(reason) between 1 and 500),
  actor text not null,
  sku text collate "C" not null,
  from_cell text,
  from_scope uuid,
  to_cell text,
  to_scope uuid,
  wanted bigint not null check (wanted > 0),
  moved bigint check (moved between 0 and wanted),
  state text not null default 'PENDING' check (state in ('PENDING', 'DONE')),
  created_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  primary key (tenant_id, movement_id),
  foreign key (tenant_id, from_cell, from_scope, sku) references spillway.stock_accounts,
  foreign key (tenant_id, to_cell, to_scope, sku) references spillway.stock_accounts,
  check ((from_cell is null) = (from_scope is null) and (to_cell is null) = (to_scope is null)),
  check (from_cell is not null or to_cell is not null),
  check ((state = 'DONE') = (moved is not null) and (state = 'DONE') = (finished_at is not null))
) with (fillfactor = 80);
create index stock_movements_of_sku on spillway.stock_movements (tenant_id, sku, movement_id);
create index stock_movements_of_source on spillway.stock_movements
  (tenant_id, from_scope, from_cell, sku) where from_cell is not null;
create index stock_movements_pending on spillway.stock_movements (tenant_id, from_cell)
  where state = 'PENDING';

-- Double entries: each movement takes from one account what it adds to the other, so the quantities of
-- all entries of a movement add up to zero. The outside has no cell. Never changed.
create table spillway.stock_entries (
  tenant_id text not null,
  movement_id uuid not null,
  side text not null check (side in ('debit', 'credit')),
  cell text,
  scope uuid,
  sku text collate "C" not null,
  quantity bigint not null check (case side when 'debit' then quantity < 0 else quantity > 0 end),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, movement_id, side),
  foreign key (tenant_id, movement_id) references spillway.stock_movements
);
create index stock_entries_of_account on spillway.stock_entries (tenant_id, cell, scope, sku);

create function spillway.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed', tg_table_name
    using errcode = 'integrity_constraint_violation';
end;
$$;
create trigger stock_entries_stay before update or delete on spillway.stock_entries
  for each row execute function spillway.refuse_change();
create trigger stock_entries_stay_all before truncate on spillway.stock_entries
  for each statement execute function spillway.refuse_change();

-- A sale has stock of its own while it lasts, in a cell of its own or in the market's.
create table spillway.sales (
  tenant_id text not null,
  sale_id uuid not null check (sale_id <> '00000000-0000-0000-0000-000000000000'),
  name text not null check (length(name) between 1 and 200),
  market text not null check (market ~ '^[A-Z]{2}$'),
  cell text not null,
  -- The market's cell, where its stock comes from and goes back to.
  source_cell text not null,
  opens_at timestamptz not null,
  closes_at timestamptz not null,
  acknowledge text not null check (acknowledge in ('hot', 'ledger')),
  -- How long an order holds its stock; null for the node's own default.
  reservation_seconds integer check (reservation_seconds between 1 and 86400),
  room_id uuid,
  rate_policy jsonb,
  -- SCHEDULED: no stock yet. OPENING: stock on its way. OPEN: all there; opens_at and closes_at say the
  -- rest. CLOSING: stock on its way back. CLOSED.
  state text not null default 'SCHEDULED'
    check (state in ('SCHEDULED', 'OPENING', 'OPEN', 'CLOSING', 'CLOSED')),
  version bigint not null default 1,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, sale_id),
  foreign key (cell, tenant_id) references spillway.cells (cell, tenant_id),
  foreign key (source_cell, tenant_id) references spillway.cells (cell, tenant_id),
  check (closes_at > opens_at)
) with (fillfactor = 50);
create index sales_by_cell on spillway.sales (cell);
create index sales_unfinished on spillway.sales (opens_at) where state <> 'CLOSED';

create table spillway.sale_items (
  tenant_id text not null,
  sale_id uuid not null,
  sku text collate "C" not null,
  position integer not null,
  quantity bigint not null check (quantity between 1 and 1000000000),
  price bigint not null check (price between 0 and 1000000000000),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  per_user_limit integer not null default 0 check (per_user_limit between 0 and 1000000),
  primary key (tenant_id, sale_id, sku),
  foreign key (tenant_id, sale_id) references spillway.sales,
  foreign key (tenant_id, sku) references spillway.skus
);

create table spillway.orders (
  tenant_id text not null,
  order_id uuid not null,
  -- Whose stock it holds.
  cell text not null,
  scope uuid not null,
  user_id text collate "C" not null,
  market text not null,
  currency text not null,
  -- Minor units.
  subtotal bigint not null check (subtotal >= 0),
  discount bigint not null default 0 check (discount >= 0),
  tax bigint not null default 0 check (tax >= 0),
  shipping bigint not null default 0 check (shipping >= 0),
  total bigint not null check (total >= 0 and total = subtotal - discount + tax + shipping),
  status text not null default 'PENDING'
    check (status in ('PENDING', 'PAID', 'FULFILLED', 'CANCELLED', 'REFUNDED')),
  -- Until when a pending order holds its stock.
  reserved_until timestamptz not null,
  -- By the clock of the cell.
  created_at timestamptz not null,
  paid_at timestamptz,
  cancelled_at timestamptz,
  -- Why it was cancelled or refunded.
  reason text,
  -- Digest and request fingerprint of the idempotency key it was placed with.
  idempotency_digest text,
  idempotency_fingerprint text,
  recorded_at timestamptz not null default now(),
  primary key (tenant_id, order_id),
  check ((status in ('PAID', 'FULFILLED', 'REFUNDED')) <= (paid_at is not null)),
  check ((status = 'CANCELLED') = (cancelled_at is not null))
) with (fillfactor = 80);
create index orders_of_user on spillway.orders (tenant_id, user_id, order_id);
create index orders_of_scope on spillway.orders (tenant_id, cell, scope, order_id);
-- What the sweeper looks for.
create index orders_due on spillway.orders (reserved_until, order_id) where status = 'PENDING';

create table spillway.order_lines (
  tenant_id text not null,
  order_id uuid not null,
  sku text collate "C" not null,
  -- The place among the order's lines, from 1.
  position integer not null check (position > 0),
  quantity bigint not null check (quantity > 0),
  -- Minor units of the order's currency.
  unit_price bigint not null check (unit_price >= 0),
  primary key (tenant_id, order_id, position)
);
