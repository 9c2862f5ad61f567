-- A coupon that comes back looks at its campaign's row under a lock, as a recall does: whichever is first, the
-- other sees what it did, and no coupon of a recalled campaign can be used again.
create or replace function spillway.return_coupon(
  in_tenant text, in_order uuid, in_campaign uuid, in_user text, in_coupon uuid
) returns uuid language plpgsql as $$
declare
  returned uuid;
begin
  perform from spillway.campaigns
    where tenant_id = in_tenant and campaign_id = in_campaign for share;
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

-- Those that came back while their campaign was recalled, and were forgotten.
update spillway.coupons c set status = 'RECALLED', recalled_at = p.recalled_at
  from spillway.campaigns p
 where p.tenant_id = c.tenant_id and p.campaign_id = c.campaign_id and p.recalled_at is not null
   and c.status = 'ISSUED';
