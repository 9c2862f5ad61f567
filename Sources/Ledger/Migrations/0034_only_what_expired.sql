-- Expiry takes out what has expired, and nothing where nothing has.
--
-- A wallet looks when the first of its lots would expire. That lot may have been spent by then; least() passes
-- over the null that is left of it, and the whole wallet was taken for what had expired.

-- Takes out of wallets what has expired, but for what open holds have set aside. The caller holds the
-- accounts' locks. Returns how much it was, in lots.
create or replace function spillway.expire_wallets(accounts bigint[], tenants text[]) returns bigint
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
  moment timestamptz := date_trunc('milliseconds', clock_timestamp());
  batch record;
  transaction uuid;
  expired bigint := 0;
begin
  for batch in
    select d.tenant_id, d.unit, array_agg(d.account_id) as ids, array_agg(d.amount) as amounts,
        array_agg(d.balance - d.amount) as balances, array_agg(spillway.new_id()) as subjects,
        sum(d.lots)::bigint as lots
      from (
        select a.tenant_id, a.unit, a.account_id, a.balance, l.lots,
            least(l.due, a.balance - a.held) as amount
          from unnest(accounts, tenants) f (account, tenant)
          join spillway.wallet_accounts a on a.account_id = f.account and a.tenant_id = f.tenant
          cross join lateral (
            select coalesce(sum(o.remaining), 0)::bigint as due, count(*) as lots
              from spillway.wallet_lots o
             where o.account_id = a.account_id and o.tenant_id = a.tenant_id and o.is_open
               and o.expires_at <= moment) l) d
     where d.amount > 0 group by d.tenant_id, d.unit
  loop
    transaction := spillway.new_id();
    insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, actor,
      recorded_at)
    values (batch.tenant_id, transaction, 'expiry', 'expired', 'spillway', moment);
    perform spillway.draw_lots(array_fill(batch.tenant_id, array[cardinality(batch.ids)]), batch.ids,
      batch.amounts, batch.balances, batch.subjects,
      array_fill(transaction, array[cardinality(batch.ids)]), moment);
    perform spillway.post_to_shard(batch.tenant_id, 'expiry', '', batch.unit, array[transaction],
      array[transaction], array[(select sum(amount)::bigint from unnest(batch.amounts) f (amount))],
      moment);
    expired := expired + batch.lots;
  end loop;
  update spillway.wallet_accounts a
     set next_expiry = coalesce((
       select min(o.expires_at) from spillway.wallet_lots o
        where o.account_id = a.account_id and o.tenant_id = a.tenant_id and o.is_open), 'infinity')
    from unnest(accounts, tenants) f (account, tenant)
   where a.account_id = f.account and a.tenant_id = f.tenant;
  return expired;
end;
$$;

-- Whose money went that way gets it back, to the lots that it was in. A lot that has expired since expires
-- as it would have.
do $$
declare
  lost record;
begin
  for lost in
    select d.tenant_id, d.account_id, d.subject, sum(d.amount)::bigint as amount
      from spillway.wallet_transactions t
      join spillway.wallet_allocations d using (tenant_id, transaction_id)
      join spillway.wallet_lots l using (tenant_id, lot_id)
     where t.kind = 'expiry' and (l.expires_at is null or l.expires_at > t.recorded_at)
     group by 1, 2, 3 order by 2, 3
  loop
    perform spillway.restore_draws(lost.tenant_id, lost.subject, lost.amount, 'expiry', '',
      spillway.new_id(), 'expired by mistake', null, null, 'spillway', null, null);
  end loop;
end;
$$;
