-- Tenants, found by host, and the cells that decide for them in Redis.

create schema if not exists spillway;

create table spillway.tenants (
  -- The name of the app, as the app_id claim of its tokens carries it.
  tenant_id text primary key check (tenant_id ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
  name text not null,
  default_market text not null default 'KR' check (default_market ~ '^[A-Z]{2}$'),
  created_at timestamptz not null default now()
);

create table spillway.tenant_hosts (
  host text primary key check (host = lower(host)),
  tenant_id text not null references spillway.tenants
);

-- The ledger's side of a cell: how far its facts have come, and under which lease it is open.
create table spillway.cells (
  cell text primary key check (cell ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  tenant_id text not null references spillway.tenants,
  epoch bigint not null default 0,
  run_id text,
  -- Why the cell is closed; null while it is open under (epoch, run_id).
  closed_because text default 'not vouched yet',
  -- True when a fact contradicted the ledger or facts are missing: the cell opens only after all its
  -- facts have been taken.
  halted boolean not null default false,
  -- The last stream entry that is in the ledger: the two halves of a Redis stream id.
  cursor_milliseconds bigint not null default 0,
  cursor_sequence bigint not null default 0,
  -- The one reconciler that may move the cursor, and until when.
  reconciler text,
  reconciler_until timestamptz not null default '-infinity',
  created_at timestamptz not null default now()
) with (fillfactor = 50);

-- What the ledger tells a cell. Each kind is idempotent by itself, so a command may be sent twice.
create table spillway.cell_commands (
  command_id bigint generated always as identity primary key,
  cell text not null references spillway.cells,
  kind text not null,
  subject uuid not null,
  created_at timestamptz not null default now(),
  applied_at timestamptz
);
create index cell_commands_pending on spillway.cell_commands (cell, command_id)
  where applied_at is null;
