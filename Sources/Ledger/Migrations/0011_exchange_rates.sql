-- What currencies are worth in one another, as fractions of whole numbers, and when that holds.
--
-- At an instant the rate of a pair holds that began last of those that have not ended. A rate is never
-- changed: a new one takes its place from its own instant on, so what was converted can be converted again.

create table spillway.exchange_rates (
  tenant_id text not null references spillway.tenants,
  rate_id uuid not null,
  from_currency text not null check (from_currency ~ '^[A-Z]{3}$'),
  to_currency text not null check (to_currency ~ '^[A-Z]{3}$'),
  -- Major units of to_currency, numerator / denominator of them, for one major unit of from_currency.
  numerator bigint not null check (numerator between 1 and 1000000000000),
  denominator bigint not null check (denominator between 1 and 1000000000000),
  valid_from timestamptz not null,
  -- Null where it holds until another one begins.
  valid_until timestamptz,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, rate_id),
  constraint exchange_rates_begin unique (tenant_id, from_currency, to_currency, valid_from),
  check (from_currency <> to_currency),
  check (valid_until > valid_from)
);

create trigger exchange_rates_stay before update or delete on spillway.exchange_rates
  for each row execute function spillway.refuse_change();
create trigger exchange_rates_stay_all before truncate on spillway.exchange_rates
  for each statement execute function spillway.refuse_change();
