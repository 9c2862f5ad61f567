-- What requests with an idempotency key have done, written in the transaction that does it: the last
-- guard against doing it twice, whatever became of Redis.

create table spillway.idempotency_records (
  tenant_id text not null references spillway.tenants,
  -- The first 128 bits of a digest of principal, endpoint and key, and of the request.
  digest uuid not null,
  fingerprint uuid not null,
  -- What a repeat is answered with. Null only inside the transaction that writes the row.
  response text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, digest)
);
create index idempotency_records_by_age on spillway.idempotency_records (created_at);
