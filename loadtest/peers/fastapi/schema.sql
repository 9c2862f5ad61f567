create table coupons (
  coupon_id uuid primary key,
  campaign_id uuid not null,
  user_id text not null,
  sequence bigint not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  unique (campaign_id, user_id)
)
