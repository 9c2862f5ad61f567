internal import Postgres

extension CampaignStore {
  static let columns = """
    tenant_id, campaign_id, cell, name, quantity, per_user_limit::bigint as per_user_limit, opens_at, \
    closes_at, expires_at, discount::text as discount, eligibility::text as eligibility, acknowledge, \
    rate_policy::text as rate_policy, room_id, issued, version, created_by, created_at, updated_at, \
    recalled_at
    """

  // The update changes nothing: it only returns a cell that is there. One of another tenant is refused
  // by the constraint campaigns_cell_of_tenant.
  static let insertStatement = Statement(
    "campaign_insert",
    """
    with cell as (
      insert into spillway.cells as existing (cell, tenant_id) values ($1, $2)
      on conflict (cell) do update set created_at = existing.created_at
      returning cell
    ), campaign as (
      insert into spillway.campaigns (cell, tenant_id, campaign_id, name, quantity, per_user_limit,
        opens_at, closes_at, expires_at, discount, eligibility, acknowledge, rate_policy, created_by, room_id)
      select cell, $2, $3, $4, $5, $6::bigint, $7, $8, $9, $10, $11, $12, $13, $14, $15 from cell
      returning \(columns)
    ), command as (
      insert into spillway.cell_commands (cell, kind, subject)
      select cell, 'campaign.put', campaign_id from campaign
    )
    select * from campaign
    """)

  static let updateStatement = Statement(
    "campaign_update",
    """
    with campaign as (
      update spillway.campaigns
         set name = $4, quantity = $5, per_user_limit = $6::bigint, opens_at = $7, closes_at = $8,
             expires_at = $9, discount = $10, eligibility = $11, acknowledge = $12, rate_policy = $13,
             room_id = $14,
             version = version + 1, updated_at = now()
       where tenant_id = $1 and campaign_id = $2 and version = $3 and recalled_at is null
      returning \(columns)
    ), command as (
      insert into spillway.cell_commands (cell, kind, subject)
      select cell, 'campaign.put', campaign_id from campaign
    )
    select * from campaign
    """)

  static let recallStatement = Statement(
    "campaign_recall", "select spillway.recall_campaign($1, $2, $3, $4)")

  static let findStatement = Statement(
    "campaign_find",
    """
    select \(columns) from spillway.campaigns
     where tenant_id = $1 and campaign_id = $2 and ($3::text is null or created_by = $3)
    """)

  static let listStatement = Statement(
    "campaign_list",
    """
    select \(columns) from spillway.campaigns where tenant_id = $1 and campaign_id < $2
    order by campaign_id desc limit $3
    """)

  static let ownListStatement = Statement(
    "campaign_list_own",
    """
    select \(columns) from spillway.campaigns
     where tenant_id = $1 and created_by = $4 and campaign_id < $2
    order by campaign_id desc limit $3
    """)
}
