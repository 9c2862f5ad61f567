-- A recall that waited for its campaign's row told a time from before it waited, and what others did meanwhile seemed
-- to come behind it.

-- Ends a campaign and makes its unused coupons worthless, once, and tells its cell. Returns false when it
-- was recalled before, null when the tenant has no such campaign.
--
-- It is then a campaign that has closed, for its cell as for a rebuild. However many coupons it has, only its
-- own row changes: a coupon that was not used is recalled where its campaign is. The time is that at which it
-- has the row: whoever had it before, a refund that brings a coupon back for one, came before.
create or replace function spillway.recall_campaign(
  in_tenant text, in_campaign uuid, in_actor text, in_reason text
) returns boolean language plpgsql as $$
declare
  in_cell text;
  ended timestamptz;
begin
  perform from spillway.campaigns
    where tenant_id = in_tenant and campaign_id = in_campaign for no key update;
  ended := date_trunc('milliseconds', clock_timestamp());
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
