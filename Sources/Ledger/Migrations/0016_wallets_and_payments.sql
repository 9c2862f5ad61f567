-- Wallets, payments, what becomes of a coupon, and the events that the ledger tells others.
--
-- Hot tables carry no foreign keys: a check costs about as much as the row that it guards. The audit
-- proves instead what they would. The tenant is in every key, but behind ids of fixed width
-- (decision 0011).
--
-- Whoever locks rows of several tables does so in this order: cells, sales, orders, coupons, wallet
-- accounts by id, movements, stock accounts by key. Lots, allocations and holds belong to an account and
-- change only under its lock, so they need none of their own.

-- MARK: Wallets

-- The most that one posting may move, and that a wallet may hold, in minor units. The latter is the
-- largest integer that every JSON reader takes exactly.
create function spillway.posting_maximum() returns bigint language sql immutable parallel safe as
$$ select 1000000000000 $$;
create function spillway.wallet_maximum() returns bigint language sql immutable parallel safe as
$$ select 9007199254740991 $$;

-- Over how many rows a system account is spread, so that concurrent transactions take different ones.
create function spillway.wallet_shards() returns integer language sql immutable parallel safe as
$$ select 64 $$;

-- Money and points of somebody in one unit. Wallets of users have one row. System accounts, the other
-- side of every entry, and merchants, whom everybody pays, have one for each shard.
create table spillway.wallet_accounts (
  tenant_id text not null,
  account_id bigint generated always as identity,
  role text not null
    check (role in ('user', 'merchant', 'funding', 'revenue', 'expiry', 'adjustment')),
  -- The user or the merchant; empty for the tenant's system accounts.
  owner text collate "C" not null,
  -- A currency, POINT, or credit:<service>. Never changed.
  unit text collate "C" not null check (unit ~ '^([A-Z]{3}|POINT|credit:[a-z0-9._-]{1,40})$'),
  shard smallint not null default 0,
  -- The sum of its entries.
  balance bigint not null default 0,
  -- Set aside by open holds.
  held bigint not null default 0 check (held >= 0),
  -- No lot expires before it. It may lie before the first that does.
  next_expiry timestamptz not null default 'infinity',
  created_at timestamptz not null default now(),
  primary key (account_id, tenant_id),
  unique (tenant_id, owner, unit, role, shard),
  check ((owner = '') = (role not in ('user', 'merchant'))),
  check (shard between 0 and spillway.wallet_shards() - 1),
  -- The ledger's own guard: no wallet is ever overdrawn, and no hold without cover.
  constraint wallet_accounts_cover check (
    role <> 'user' or (shard = 0 and balance between held and spillway.wallet_maximum()))
) with (fillfactor = 50);
create index wallet_accounts_expiring on spillway.wallet_accounts (next_expiry)
  where next_expiry < 'infinity';

-- Why entries were made. The payments of a set are one transaction; each has a row of its own that says
-- more.
create table spillway.wallet_transactions (
  tenant_id text not null,
  transaction_id uuid not null,
  kind text not null
    check (kind in ('credit', 'debit', 'payment', 'refund', 'expiry', 'capture')),
  reason text not null check (length(reason) between 1 and 500),
  ref_type text check (length(ref_type) between 1 and 64),
  ref_id text check (length(ref_id) between 1 and 200),
  actor text not null,
  -- Digest of the idempotency key and of its request, where there is one.
  digest uuid,
  fingerprint uuid,
  recorded_at timestamptz not null,
  primary key (transaction_id, tenant_id)
);
create unique index wallet_transactions_once on spillway.wallet_transactions (digest, tenant_id)
  where digest is not null;

-- Entries of a transaction add up to zero in each unit.
create table spillway.wallet_entries (
  tenant_id text not null,
  -- Rises within an account.
  entry_id bigint generated always as identity,
  account_id bigint not null,
  transaction_id uuid not null,
  -- What of the transaction it is for: the payment, or the transaction itself.
  subject uuid not null,
  amount bigint not null check (amount <> 0),
  -- Of the account, behind this entry.
  balance bigint not null,
  recorded_at timestamptz not null,
  primary key (account_id, entry_id, tenant_id)
);

-- What came into a wallet at once, and how much of it is left. What expires first is spent first.
create table spillway.wallet_lots (
  tenant_id text not null,
  lot_id bigint generated always as identity,
  account_id bigint not null,
  -- The credit that it came from.
  transaction_id uuid not null,
  amount bigint not null check (amount > 0),
  remaining bigint not null,
  -- Null for never.
  expires_at timestamptz,
  -- A column, so that drawing on a lot changes no index until it is spent.
  is_open boolean not null generated always as (remaining > 0) stored,
  created_at timestamptz not null,
  primary key (lot_id, tenant_id),
  check (remaining between 0 and amount)
) with (fillfactor = 70);
create index wallet_lots_open on spillway.wallet_lots (account_id, expires_at, lot_id) where is_open;

-- What was drawn from a lot (above zero) and brought back to it (below).
create table spillway.wallet_allocations (
  tenant_id text not null,
  -- What it was drawn for: the payment, the debit, the hold.
  subject uuid not null,
  account_id bigint not null,
  lot_id bigint not null,
  transaction_id uuid not null,
  amount bigint not null check (amount <> 0),
  primary key (subject, lot_id, transaction_id, tenant_id)
);

create table spillway.wallet_holds (
  tenant_id text not null,
  hold_id uuid not null,
  account_id bigint not null,
  amount bigint not null check (amount > 0),
  captured bigint not null default 0 check (captured between 0 and amount),
  state text not null default 'OPEN' check (state in ('OPEN', 'CAPTURED', 'RELEASED')),
  reason text not null check (length(reason) between 1 and 500),
  ref_type text check (length(ref_type) between 1 and 64),
  ref_id text check (length(ref_id) between 1 and 200),
  actor text not null,
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (hold_id, tenant_id),
  check ((state = 'OPEN') = (settled_at is null) and (state = 'CAPTURED') = (captured > 0))
);
create index wallet_holds_open on spillway.wallet_holds (account_id) where state = 'OPEN';

-- What is written stays.
create trigger wallet_transactions_stay before update or delete on spillway.wallet_transactions
  for each row execute function spillway.refuse_change();
create trigger wallet_transactions_stay_all before truncate on spillway.wallet_transactions
  for each statement execute function spillway.refuse_change();
create trigger wallet_entries_stay before update or delete on spillway.wallet_entries
  for each row execute function spillway.refuse_change();
create trigger wallet_entries_stay_all before truncate on spillway.wallet_entries
  for each statement execute function spillway.refuse_change();
create trigger wallet_allocations_stay before update or delete on spillway.wallet_allocations
  for each row execute function spillway.refuse_change();
create trigger wallet_allocations_stay_all before truncate on spillway.wallet_allocations
  for each statement execute function spillway.refuse_change();

-- MARK: Payments

create table spillway.payments (
  tenant_id text not null,
  payment_id uuid not null,
  order_id uuid not null,
  user_id text collate "C" not null,
  -- Minor units; what the order's total was.
  amount bigint not null check (amount >= 0),
  currency text not null,
  coupon_id uuid,
  discount bigint not null default 0 check (discount >= 0),
  state text not null default 'APPROVED' check (state = 'APPROVED'),
  -- Of the idempotency key, and of the request that it came with.
  digest uuid not null,
  fingerprint uuid not null,
  -- Of the wallet, when it was paid.
  balance_after bigint not null,
  paid_at timestamptz not null,
  constraint payments_pkey primary key (payment_id, tenant_id),
  constraint payments_of_order unique (order_id, tenant_id),
  constraint payments_once unique (digest, tenant_id)
);
create trigger payments_stay before update or delete on spillway.payments
  for each row execute function spillway.refuse_change();
create trigger payments_stay_all before truncate on spillway.payments
  for each statement execute function spillway.refuse_change();

alter table spillway.orders
  add column if not exists coupon_id uuid,
  add column if not exists campaign_id uuid;

alter table spillway.coupons
  add column status text not null default 'ISSUED',
  add column used_by_order uuid,
  add column used_at timestamptz,
  add column recalled_at timestamptz,
  add constraint coupons_status check (
    case status when 'ISSUED' then used_by_order is null
      when 'USED' then used_by_order is not null and used_at is not null
      when 'RECALLED' then used_by_order is null and recalled_at is not null else false end);

-- A command is written for each payment, and its cell is one that the order names already.
alter table spillway.cell_commands drop constraint cell_commands_cell_fkey;

-- MARK: Events

-- What the ledger tells others, written in the transaction that did it and delivered afterwards, at
-- least once.
create table spillway.outbox_events (
  event_id bigint generated always as identity primary key,
  tenant_id text not null,
  kind text not null,
  -- The order, payment, coupon, … that it is about.
  subject uuid not null,
  -- What a reader cannot look up by the subject.
  payload jsonb,
  state text not null default 'PENDING' check (state in ('PENDING', 'SENT', 'RETRY', 'ALERT')),
  tries integer not null default 0,
  next_try_at timestamptz not null default now(),
  created_at timestamptz not null default now()
);
create index outbox_events_due on spillway.outbox_events (next_try_at, event_id)
  where state in ('PENDING', 'RETRY');
