-- Single coupons that an operator or a seller took back; campaigns recalled by their own row alone; campaigns
-- looked for by who made them; categories taken out.

create index campaigns_by_creator on spillway.campaigns (tenant_id, created_by, campaign_id);
-- Who looks for the campaign of a coupon looks at those that had not ended when it was issued.
create index campaigns_by_end on spillway.campaigns (tenant_id, (greatest(closes_at, updated_at)));

-- Who took which coupons back, when and why. Never changed. It carries no foreign keys: the audit proves
-- that its coupons are there.
create table spillway.coupon_recalls (
  tenant_id text not null,
  recall_id uuid not null,
  campaign_id uuid not null,
  user_id text collate "C" not null,
  -- Those that it took back, in the order of issue; what was used stays used.
  coupon_ids uuid[] not null check (cardinality(coupon_ids) > 0),
  actor text not null,
  reason text not null check (length(reason) between 1 and 200),
  recorded_at timestamptz not null,
  primary key (tenant_id, recall_id)
);
create trigger coupon_recalls_stay before update or delete on spillway.coupon_recalls
  for each row execute function spillway.refuse_change();
create trigger coupon_recalls_stay_all before truncate on spillway.coupon_recalls
  for each statement execute function spillway.refuse_change();

-- The recall that took the coupon back by itself, also where it was used and may come back to its user one
-- day. Null for those that only fell with their campaign.
alter table spillway.coupons
  add column recall_id uuid,
  add constraint coupons_taken_back check (recall_id is null or status <> 'ISSUED');

-- Takes coupons of a user back: the one of a sequence, or all of a campaign. Those that were not used are
-- worthless from now on; those that were stay used, and do not come back when their order is undone.
-- Whatever was taken back before is left as it is. Returns how many coupons there are to speak of, none
-- when the campaign is not the tenant's.
create function spillway.recall_coupons(
  in_tenant text, in_recall uuid, in_campaign uuid, in_user text, in_sequence bigint, in_actor text,
  in_reason text
) returns bigint language plpgsql as $$
declare
  home text;
  holder text := in_user;
  known bigint;
  due bigint[];
  taken uuid[];
  moment timestamptz;
begin
  select cell into home from spillway.campaigns where tenant_id = in_tenant and campaign_id = in_campaign;
  if holder is null then
    select user_id into holder from spillway.coupons
     where campaign_id = in_campaign and sequence = in_sequence and tenant_id = in_tenant;
  end if;
  -- In the order in which payments lock them.
  select count(*), array_agg(sequence) filter (where recall_id is null and status <> 'RECALLED')
    into known, due
    from (select sequence, recall_id, status from spillway.coupons
           where campaign_id = in_campaign and user_id = holder and tenant_id = in_tenant
             and (in_sequence is null or sequence = in_sequence) and home is not null
           order by sequence for no key update) k;
  if due is null then
    return known;
  end if;
  moment := date_trunc('milliseconds', clock_timestamp());
  with changed as (
    update spillway.coupons
       set recall_id = in_recall,
           recalled_at = case status when 'ISSUED' then moment end,
           status = case status when 'ISSUED' then 'RECALLED' else status end
     where campaign_id = in_campaign and sequence = any(due) and tenant_id = in_tenant
    returning coupon_id, sequence
  )
  select array_agg(coupon_id order by sequence) into taken from changed;
  insert into spillway.coupon_recalls (tenant_id, recall_id, campaign_id, user_id, coupon_ids, actor,
    reason, recorded_at)
  values (in_tenant, in_recall, in_campaign, holder, taken, in_actor, in_reason, moment);
  insert into spillway.cell_commands (cell, kind, subject) values (home, 'coupon.recall', in_recall);
  insert into spillway.outbox_events (tenant_id, kind, subject, payload)
  values (in_tenant, 'coupon.recalled', in_campaign,
    jsonb_build_object('recall_id', in_recall, 'user_id', holder, 'coupon_ids', to_jsonb(taken)));
  return known;
end;
$$;

-- Ends a campaign and makes its unused coupons worthless, once, and tells its cell. Returns false when it
-- was recalled before, null when the tenant has no such campaign.
--
-- It is then a campaign that has closed, for its cell as for a rebuild. However many coupons it has, only its
-- own row changes: a coupon that was not used is recalled where its campaign is.
create or replace function spillway.recall_campaign(
  in_tenant text, in_campaign uuid, in_actor text, in_reason text
) returns boolean language plpgsql as $$
declare
  in_cell text;
  ended timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  update spillway.campaigns
     set recalled_at = ended, recalled_by = in_actor, recall_reason = in_reason,
         opens_at = least(opens_at, ended - interval '1 millisecond'),
         closes_at = least(closes_at, ended), version = version + 1, updated_at = ended
   where tenant_id = in_tenant and campaign_id = in_campaign and recalled_at is null
  returning cell into in_cell;
  if not found then
    return case when exists (select from spillway.campaigns
      where tenant_id = in_tenant and campaign_id = in_campaign) then false end;
  end if;
  insert into spillway.cell_commands (cell, kind, subject)
  values (in_cell, 'campaign.put', in_campaign);
  insert into spillway.outbox_events (tenant_id, kind, subject)
  values (in_tenant, 'coupon.recalled', in_campaign);
  return true;
end;
$$;

-- Locks the coupons of the orders and returns the attempts with whether these may still be used.
--
-- A campaign is looked at and not locked: a recall that comes while this runs may come behind it. Whether a
-- coupon has ended was decided when its order was placed: what an order was promised to cost it costs.
create or replace function spillway.lock_paying_coupons(attempts spillway.payment_attempt[])
returns spillway.payment_attempt[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  free integer[];
  result spillway.payment_attempt[];
begin
  select coalesce(array_agg(k.n) filter (where k.status = 'ISSUED' and k.recalled_at is null), '{}')
    into free
    from (select a.n, c.status, p.recalled_at from unnest(attempts) a
            join spillway.coupons c on c.campaign_id = a.campaign and c.user_id = a.buyer
              and c.tenant_id = a.tenant and c.coupon_id = a.coupon
            join spillway.campaigns p on p.campaign_id = a.campaign and p.tenant_id = a.tenant
           order by c.tenant_id, c.campaign_id, c.sequence, a.n
             for no key update of c) k;
  select array_agg(row(a.n, a.tenant, a.order_id, a.buyer, a.payment, a.digest, a.fingerprint, a.status,
      a.reason, a.deadline, a.cell, a.scope, a.total, a.discount, a.currency, a.campaign, a.coupon,
      a.coupon is null or a.n = any(free), null, 0, 0, null, null)::spillway.payment_attempt)
    into result from unnest(attempts) a;
  return result;
end;
$$;

-- Takes the facts of a run of stream entries and moves the cursor over them, or does nothing.
--
-- The cursor is compared and set in the transaction that adds the rows, so each fact takes effect once,
-- whoever else believes to be the reconciler. Rows that are there already are facts replayed.
-- Returns the number of new coupons, or -1 when the cursor or the reconciler is another one.
-- Raises an integrity violation when a fact says something else than the ledger: another holder or
-- another instant for a sequence, more coupons than the quantity, a campaign that the ledger lacks.
-- Coupons of a campaign that was recalled meanwhile need no change: the campaign's row says it.
-- The digests and fingerprints may be empty arrays when no fact has any.
create or replace function spillway.apply_coupon_facts(
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

-- Gives the coupon of an order back to its user. One that has expired stays used; one that was taken back
-- meanwhile, alone or with its campaign, is recalled. Returns it when it can be used again.
--
-- The campaign is locked, so that what is returned is so; should it be recalled a moment later, its row says so.
create or replace function spillway.return_coupon(
  in_tenant text, in_order uuid, in_campaign uuid, in_user text, in_coupon uuid
) returns uuid language plpgsql as $$
declare
  returned uuid;
begin
  perform from spillway.campaigns where tenant_id = in_tenant and campaign_id = in_campaign for share;
  update spillway.coupons c
     set status = case when p.recalled_at is null and c.recall_id is null then 'ISSUED'
           else 'RECALLED' end,
         recalled_at = case when c.recall_id is null then p.recalled_at
           else date_trunc('milliseconds', clock_timestamp()) end,
         used_by_order = null, used_at = null
    from spillway.campaigns p
   where c.campaign_id = in_campaign and c.user_id = in_user and c.tenant_id = in_tenant
     and c.coupon_id = in_coupon and c.status = 'USED' and c.used_by_order = in_order
     and p.tenant_id = c.tenant_id and p.campaign_id = c.campaign_id
     and coalesce(p.expires_at > clock_timestamp(), true)
  returning case when c.status = 'ISSUED' then c.coupon_id end into returned;
  return returned;
end;
$$;

-- Takes a category out. Returns what came of it: DELETED, UNKNOWN, PARTS (other categories are parts of it)
-- or PRODUCTS (there are products in it).
create function spillway.delete_category(in_tenant text, in_slug text) returns text
language plpgsql as $$
begin
  -- As put_category: trees are changed by one at a time.
  perform from spillway.tenants where tenant_id = in_tenant for no key update;
  -- Waits for products that are being put into it, and keeps others from coming.
  perform from spillway.categories where tenant_id = in_tenant and slug = in_slug for update;
  if not found then
    return 'UNKNOWN';
  end if;
  if exists (select from spillway.categories where tenant_id = in_tenant and parent = in_slug) then
    return 'PARTS';
  end if;
  if exists (select from spillway.product_categories where tenant_id = in_tenant and category = in_slug)
  then
    return 'PRODUCTS';
  end if;
  delete from spillway.category_texts where tenant_id = in_tenant and slug = in_slug;
  delete from spillway.categories where tenant_id = in_tenant and slug = in_slug;
  insert into spillway.catalog_changes (tenant_id) values (in_tenant);
  return 'DELETED';
end;
$$;
