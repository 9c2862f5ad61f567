-- Campaigns whose coupons expire before they close are told to their cells anew: they issue until then, and not
-- until they close.

with ending as (
  update spillway.campaigns set version = version + 1, updated_at = now()
   where expires_at < closes_at
  returning cell, campaign_id
)
insert into spillway.cell_commands (cell, kind, subject)
select cell, 'campaign.put', campaign_id from ending order by cell, campaign_id;
