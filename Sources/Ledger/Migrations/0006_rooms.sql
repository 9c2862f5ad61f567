-- Waiting rooms: their terms, who works on them, and what is known of them if Redis loses them.
-- The tickets themselves are in Redis and in the hands of their holders.

create table spillway.rooms (
  tenant_id text not null references spillway.tenants,
  room_id uuid not null unique,
  name text not null,
  capacity bigint not null check (capacity between 1 and 1000000),
  rate_per_second bigint not null check (rate_per_second between 1 and 100000),
  session_seconds bigint not null check (session_seconds between 1 and 86400),
  grace_seconds bigint not null check (grace_seconds between 5 and 3600),
  opens_at timestamptz,
  prequeue_shuffle boolean not null,
  queueing text not null check (queueing in ('fifo', 'random', 'passthrough', 'reject')),
  -- How far the rate may move by itself; null for a fixed one.
  adaptive_rate jsonb,
  target text,
  -- Users who pass without waiting.
  bypass text[] not null default '{}',
  -- Counts the times that all tickets were revoked, and the number below the first of this generation.
  generation bigint not null default 1,
  base bigint not null default 0,
  -- What tokens are signed with: the first signs, each verifies.
  secrets bytea[] not null check (cardinality(secrets) > 0),
  -- The lot of the pre-queue: the commitment is public from the start, the seed from the draw on.
  seed bytea,
  commitment bytea,
  -- How many numbers took part, from base + 1 on; null before the draw.
  drawn bigint check (drawn >= 0),
  drawn_at timestamptz,
  version bigint not null default 1,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, room_id),
  check (not prequeue_shuffle or (opens_at is not null and seed is not null)),
  check (seed is null or commitment = sha256(seed))
);

-- What changes several times a second, apart from the terms: the one admitter of a room, and the floors of
-- the counters in Redis.
create table spillway.room_progress (
  room_id uuid primary key references spillway.rooms (room_id),
  admitter text,
  admitter_until timestamptz not null default '-infinity',
  -- Above all numbers that were given.
  next_number bigint not null default 1,
  -- The highest order called, at least.
  served bigint not null default 0,
  -- Visitors inside, a moment ago.
  inside bigint not null default 0
) with (fillfactor = 50);

alter table spillway.campaigns add column room_id uuid,
  add constraint campaigns_room foreign key (tenant_id, room_id)
    references spillway.rooms (tenant_id, room_id);
