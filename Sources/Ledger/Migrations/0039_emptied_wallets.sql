-- A wallet that was emptied is looked at once when the first of its lots would have expired.
--
-- It was passed over, and so it stood first among those that are due for ever: each sweep read all wallets that
-- had ever been emptied so, and more of them each day.

-- Takes out of at most so many wallets what has expired, those first that wait longest. Wallets that somebody
-- works on are passed over, and so are those whose holds keep all that they have. Returns how many wallets it
-- looked at.
create or replace function spillway.expire_lots(in_limit bigint) returns bigint language plpgsql as $$
declare
  moment timestamptz := clock_timestamp();
  ids bigint[];
  tenants text[];
begin
  select array_agg(account_id), array_agg(tenant_id) into ids, tenants
    from (select account_id, tenant_id from spillway.wallet_accounts
           where next_expiry <= moment and next_expiry < 'infinity' and (balance > held or balance = 0)
           order by next_expiry limit in_limit for no key update skip locked) d;
  if ids is null then
    return 0;
  end if;
  perform spillway.expire_wallets(ids, tenants);
  return cardinality(ids);
end;
$$;
