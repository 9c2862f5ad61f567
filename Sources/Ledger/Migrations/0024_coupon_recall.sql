-- Campaigns that an operator took back, with every coupon of theirs that was not used.

alter table spillway.campaigns
  add column recalled_at timestamptz,
  add column recalled_by text,
  add column recall_reason text,
  add constraint campaigns_recalled check (
    (recalled_at is null) = (recalled_by is null) and (recalled_at is null) = (recall_reason is null));

-- Ends a campaign and makes its unused coupons worthless, once, and tells its cell. Returns false when it
-- was recalled before, null when the tenant has no such campaign.
--
-- It is then a campaign that has closed, for its cell as for a rebuild.
create function spillway.recall_campaign(
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
  update spillway.coupons set status = 'RECALLED', recalled_at = ended
   where campaign_id = in_campaign and tenant_id = in_tenant and status = 'ISSUED';
  insert into spillway.outbox_events (tenant_id, kind, subject)
  values (in_tenant, 'coupon.recalled', in_campaign);
  return true;
end;
$$;

-- Gives the coupon of an order back to its user. One that has expired stays used; one of a campaign that
-- was recalled meanwhile is recalled as well. Returns it when it can be used again.
create or replace function spillway.return_coupon(
  in_tenant text, in_order uuid, in_campaign uuid, in_user text, in_coupon uuid
) returns uuid language plpgsql as $$
declare
  returned uuid;
begin
  update spillway.coupons c
     set status = case when p.recalled_at is null then 'ISSUED' else 'RECALLED' end,
         recalled_at = p.recalled_at, used_by_order = null, used_at = null
    from spillway.campaigns p
   where c.campaign_id = in_campaign and c.user_id = in_user and c.tenant_id = in_tenant
     and c.coupon_id = in_coupon and c.status = 'USED' and c.used_by_order = in_order
     and p.tenant_id = c.tenant_id and p.campaign_id = c.campaign_id
     and coalesce(p.expires_at > clock_timestamp(), true)
  returning case when c.status = 'ISSUED' then c.coupon_id end into returned;
  return returned;
end;
$$;

-- Takes the facts of a run of stream entries and moves the cursor over them, or does nothing.
--
-- The cursor is compared and set in the transaction that adds the rows, so each fact takes effect once,
-- whoever else believes to be the reconciler. Rows that are there already are facts replayed.
-- Returns the number of new coupons, or -1 when the cursor or the reconciler is another one.
-- Raises an integrity violation when a fact says something else than the ledger: another holder or
-- another instant for a sequence, more coupons than the quantity, a campaign that the ledger lacks.
-- Coupons of a campaign that was recalled meanwhile are recalled as well: both this and the recall change
-- the campaign's row, so one sees what the other did.
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
  -- Nearly never: the look is cheap, while the change alone might be planned as a scan of all coupons.
  if exists (select from spillway.campaigns
    where tenant_id = in_tenant and campaign_id = any(campaign_ids) and recalled_at is not null) then
    update spillway.coupons k
       set status = 'RECALLED', recalled_at = c.recalled_at
      from spillway.campaigns c
     where c.tenant_id = in_tenant and c.campaign_id = any(campaign_ids) and c.recalled_at is not null
       and k.campaign_id = c.campaign_id and k.tenant_id = c.tenant_id
       and k.sequence = any(sequences) and k.status = 'ISSUED';
  end if;
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
