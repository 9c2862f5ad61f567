-- Campaigns of first-come coupons, and the coupons issued.
-- Every key begins with the tenant, so that both tables can be partitioned or distributed by it.

create table spillway.campaigns (
  tenant_id text not null references spillway.tenants,
  campaign_id uuid not null,
  cell text not null references spillway.cells,
  name text not null,
  quantity bigint not null check (quantity between 1 and 1000000000),
  per_user_limit integer not null check (per_user_limit between 1 and 100),
  opens_at timestamptz not null,
  closes_at timestamptz not null,
  expires_at timestamptz,
  discount jsonb not null,
  eligibility jsonb not null,
  acknowledge text not null check (acknowledge in ('hot', 'ledger')),
  rate_policy jsonb,
  -- How many coupons rows there are; kept in the transaction that adds them. The check is the
  -- ledger's own guard: whatever happened to Redis, no campaign exceeds its quantity.
  issued bigint not null default 0 check (issued between 0 and quantity),
  version bigint not null default 1,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, campaign_id),
  check (closes_at > opens_at)
) with (fillfactor = 50);
create index campaigns_by_cell on spillway.campaigns (cell);

create table spillway.coupons (
  tenant_id text not null,
  campaign_id uuid not null,
  sequence bigint not null check (sequence > 0),
  user_id text collate "C" not null,
  -- The user's first, second, … coupon of this campaign.
  ordinal integer not null check (ordinal > 0),
  coupon_id uuid not null,
  issued_at timestamptz not null,
  -- Digest and request fingerprint of the idempotency key it was claimed with, if any.
  idempotency_digest text,
  idempotency_fingerprint text,
  recorded_at timestamptz not null default now(),
  primary key (tenant_id, campaign_id, sequence),
  unique (tenant_id, campaign_id, user_id, ordinal)
);
-- The records of idempotency keys, for a rebuild; costs nothing for coupons claimed without one.
create index coupons_with_key on spillway.coupons (tenant_id, campaign_id, sequence)
  where idempotency_digest is not null;

-- Takes the facts of a run of stream entries and moves the cursor over them, or does nothing.
--
-- The cursor is compared and set in the transaction that adds the rows, so each fact takes effect once,
-- whoever else believes to be the reconciler. Rows that are there already are facts replayed.
-- Returns the number of new coupons, or -1 when the cursor or the reconciler is another one.
-- Raises an integrity violation when a fact says something else than the ledger: another holder or
-- another instant for a sequence, more coupons than the quantity, a campaign that the ledger lacks.
-- The digests and fingerprints may be empty arrays when no fact has any.
create function spillway.apply_coupon_facts(
  in_cell text, in_reconciler text, in_hold_milliseconds bigint,
  expected_milliseconds bigint, expected_sequence bigint,
  next_milliseconds bigint, next_sequence bigint,
  campaign_ids uuid[], sequences bigint[], user_ids text[], ordinals bigint[],
  coupon_ids uuid[], issued_milliseconds bigint[], digests text[], fingerprints text[]
) returns bigint language plpgsql as $$
declare
  added bigint := 0;
  in_tenant text;
begin
  update spillway.cells
     set cursor_milliseconds = next_milliseconds, cursor_sequence = next_sequence,
         reconciler_until = clock_timestamp() + in_hold_milliseconds * interval '1 millisecond'
   where cell = in_cell and reconciler = in_reconciler
     and cursor_milliseconds = expected_milliseconds and cursor_sequence = expected_sequence
  returning tenant_id into in_tenant;
  if not found then
    return -1;
  end if;
  if cardinality(sequences) = 0 then
    return 0;
  end if;
  begin
    -- Nearly always all facts are new, and a plain insert costs two thirds of one that looks first.
    insert into spillway.coupons (tenant_id, campaign_id, sequence, user_id, ordinal, coupon_id,
      issued_at, idempotency_digest, idempotency_fingerprint)
    select in_tenant, f.campaign, f.seq, f.holder, f.nth, f.coupon, to_timestamp(f.issued / 1000.0),
      f.digest, f.print
    from unnest(campaign_ids, sequences, user_ids, ordinals, coupon_ids, issued_milliseconds, digests,
      fingerprints) as f (campaign, seq, holder, nth, coupon, issued, digest, print);
    added := cardinality(sequences);
    update spillway.campaigns c
       set issued = c.issued + n.issued
      from (select campaign, count(*) as issued from unnest(campaign_ids) as f (campaign)
            group by campaign) n
     where c.tenant_id = in_tenant and c.campaign_id = n.campaign;
  exception when unique_violation then
    added := spillway.replay_coupon_facts(in_tenant, campaign_ids, sequences, user_ids, ordinals,
      coupon_ids, issued_milliseconds, digests, fingerprints);
  end;
  if exists (
    select from (select distinct campaign from unnest(campaign_ids) as f (campaign)) f
    where not exists (select from spillway.campaigns c
      where c.tenant_id = in_tenant and c.campaign_id = f.campaign and c.cell = in_cell)
  ) then
    raise exception 'a fact names a campaign that the ledger lacks'
      using errcode = 'integrity_constraint_violation';
  end if;
  return added;
end;
$$;

-- The slow way of apply_coupon_facts: some of the facts are in the ledger already.
create function spillway.replay_coupon_facts(
  in_tenant text, campaign_ids uuid[], sequences bigint[], user_ids text[], ordinals bigint[],
  coupon_ids uuid[], issued_milliseconds bigint[], digests text[], fingerprints text[]
) returns bigint language plpgsql as $$
declare
  added bigint;
begin
  with inserted as (
    insert into spillway.coupons (tenant_id, campaign_id, sequence, user_id, ordinal, coupon_id,
      issued_at, idempotency_digest, idempotency_fingerprint)
    select in_tenant, f.campaign, f.seq, f.holder, f.nth, f.coupon, to_timestamp(f.issued / 1000.0),
      f.digest, f.print
    from unnest(campaign_ids, sequences, user_ids, ordinals, coupon_ids, issued_milliseconds, digests,
      fingerprints) as f (campaign, seq, holder, nth, coupon, issued, digest, print)
    on conflict (tenant_id, campaign_id, sequence) do nothing
    returning campaign_id
  ), counted as (
    update spillway.campaigns c
       set issued = c.issued + n.issued
      from (select campaign_id, count(*) as issued from inserted group by campaign_id) n
     where c.tenant_id = in_tenant and c.campaign_id = n.campaign_id
    returning n.issued
  )
  select coalesce(sum(issued), 0) into added from counted;
  -- The coupon's id is derived from campaign, sequence and instant, so it stands for all three.
  if exists (
    select from unnest(campaign_ids, sequences, user_ids, coupon_ids)
      as f (campaign, seq, holder, coupon)
    left join spillway.coupons c on c.tenant_id = in_tenant and c.campaign_id = f.campaign
      and c.sequence = f.seq
    where c.user_id is distinct from f.holder or c.coupon_id is distinct from f.coupon
  ) then
    raise exception 'a fact contradicts the ledger'
      using errcode = 'integrity_constraint_violation';
  end if;
  return added;
end;
$$;
