-- Holds for those who set aside and settle from outside: placed once and ended once for an idempotency key, with an
-- end from which on what was not captured is free again, and found by their wallet.

alter table spillway.wallet_holds
  -- From then on it is not captured any more, and what it set aside is freed. Null for never.
  add column expires_at timestamptz,
  -- Of the idempotency key that placed it and of its request.
  add column digest uuid,
  add column fingerprint uuid,
  -- The same of what ended it, and who that was.
  add column settled_digest uuid,
  add column settled_fingerprint uuid,
  add column settled_by text,
  -- Of the wallet, when it ended.
  add column balance_after bigint,
  drop constraint wallet_holds_state_check,
  add constraint wallet_holds_state_check check (
    state = any ('{OPEN,CAPTURED,RELEASED,EXPIRED}'));

create unique index wallet_holds_once on spillway.wallet_holds (digest, tenant_id)
  where digest is not null;
create unique index wallet_holds_settled_once on spillway.wallet_holds (settled_digest, tenant_id)
  where settled_digest is not null;
-- Lists go through a wallet's holds of each state from the newest.
create index wallet_holds_of_wallet on spillway.wallet_holds (account_id, state, hold_id);
drop index spillway.wallet_holds_open;
create index wallet_holds_due on spillway.wallet_holds (expires_at)
  where state = 'OPEN' and expires_at is not null;

-- What was set aside stays as it was said, and so does how it ended.
create trigger wallet_holds_stay before update on spillway.wallet_holds
  for each row when (
    old.state <> 'OPEN' or row(old.tenant_id, old.hold_id, old.account_id, old.amount, old.reason,
        old.ref_type, old.ref_id, old.actor, old.created_at, old.expires_at, old.digest,
        old.fingerprint)
      is distinct from row(new.tenant_id, new.hold_id, new.account_id, new.amount, new.reason,
        new.ref_type, new.ref_id, new.actor, new.created_at, new.expires_at, new.digest,
        new.fingerprint))
  execute function spillway.refuse_change();
create trigger wallet_holds_stay_there before delete on spillway.wallet_holds
  for each row execute function spillway.refuse_change();
create trigger wallet_holds_stay_all before truncate on spillway.wallet_holds
  for each statement execute function spillway.refuse_change();

-- Nobody has called these but tests.
drop function spillway.place_hold(text, text, text, uuid, bigint, text, text, text, text);
drop function spillway.settle_hold(text, uuid, bigint, text, text, uuid, text);

-- Sets part of a wallet aside. Outcomes: PLACED, REPLAY (by the same key and request, or the same hold, before),
-- KEY_REUSED, CONFLICT (a hold of that id says something else), SHORT; with the hold that there is, and with what is
-- free behind it.
create function spillway.place_hold(
  in_tenant text, in_user text, in_unit text, in_hold uuid, in_amount bigint, in_expiry timestamptz,
  in_reason text, in_ref_type text, in_ref_id text, in_actor text, in_digest uuid,
  in_fingerprint uuid
) returns table (outcome text, hold uuid, available bigint) language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
  wallet spillway.wallet_accounts;
  known spillway.wallet_holds;
begin
  perform spillway.ensure_wallets(array[in_tenant], array[in_user], array[in_unit]);
  loop
    select a.* into strict wallet from spillway.wallet_accounts a
     where a.tenant_id = in_tenant and a.owner = in_user and a.unit = in_unit and a.role = 'user'
       and a.shard = 0 for no key update;
    exit when wallet.next_expiry > clock_timestamp() or wallet.balance <= wallet.held;
    perform spillway.expire_wallets(array[wallet.account_id], array[in_tenant]);
  end loop;
  select h.* into known from spillway.wallet_holds h
   where h.digest = in_digest and h.tenant_id = in_tenant;
  if found then
    return query select case when known.fingerprint = in_fingerprint then 'REPLAY'
      else 'KEY_REUSED' end, known.hold_id, wallet.balance - wallet.held;
    return;
  end if;
  select h.* into known from spillway.wallet_holds h
   where h.hold_id = in_hold and h.tenant_id = in_tenant;
  if found then
    return query select case when known.account_id = wallet.account_id and known.amount = in_amount
      then 'REPLAY' else 'CONFLICT' end, known.hold_id, wallet.balance - wallet.held;
    return;
  end if;
  if in_amount > wallet.balance - wallet.held then
    return query select 'SHORT', in_hold, wallet.balance - wallet.held;
    return;
  end if;
  insert into spillway.wallet_holds (tenant_id, hold_id, account_id, amount, expires_at, reason,
    ref_type, ref_id, actor, digest, fingerprint, created_at)
  values (in_tenant, in_hold, wallet.account_id, in_amount, in_expiry, in_reason, in_ref_type,
    in_ref_id, in_actor, in_digest, in_fingerprint, date_trunc('milliseconds', clock_timestamp()));
  update spillway.wallet_accounts a set held = a.held + in_amount
   where a.account_id = wallet.account_id and a.tenant_id = in_tenant;
  return query select 'PLACED', in_hold, wallet.balance - wallet.held - in_amount;
end;
$$;

-- Ends a hold of a user, of whoever's where none is named: pays so much of it, all where nothing is said, to a
-- system account or a merchant, and frees the rest; 0 frees all. Outcomes: SETTLED, REPLAY (by the same key and
-- request; without a key, in the same way), KEY_REUSED, ENDED (before, by somebody else or because its end has come),
-- EXCESS (it is not that much), UNKNOWN; with the wallet's balance behind it and how it ended.
--
-- A hold whose end has come is over, whether it was freed yet or not.
create function spillway.settle_hold(
  in_tenant text, in_user text, in_hold uuid, in_amount bigint, in_role text, in_owner text,
  in_transaction uuid, in_actor text, in_digest uuid, in_fingerprint uuid
) returns table (outcome text, balance bigint, state text) language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
  moment timestamptz;
  hold spillway.wallet_holds;
  known spillway.wallet_holds;
  wallet spillway.wallet_accounts;
  paid bigint;
  ending text;
begin
  select a.* into wallet from spillway.wallet_accounts a
   where a.tenant_id = in_tenant and (in_user is null or a.owner = in_user)
     and a.account_id = (select h.account_id from spillway.wallet_holds h
       where h.hold_id = in_hold and h.tenant_id = in_tenant)
     for no key update;
  if not found then
    return query select 'UNKNOWN', 0::bigint, null::text;
    return;
  end if;
  -- It changes only under the wallet's lock.
  select h.* into strict hold from spillway.wallet_holds h
   where h.hold_id = in_hold and h.tenant_id = in_tenant;
  select h.* into known from spillway.wallet_holds h
   where h.settled_digest = in_digest and h.tenant_id = in_tenant;
  if found then
    return query select case when known.hold_id = in_hold
        and known.settled_fingerprint = in_fingerprint then 'REPLAY' else 'KEY_REUSED' end,
      known.balance_after, known.state;
    return;
  end if;
  paid := coalesce(in_amount, hold.amount);
  if hold.state <> 'OPEN' or hold.expires_at <= clock_timestamp() then
    ending := case hold.state when 'OPEN' then 'EXPIRED' else hold.state end;
    return query select case when in_digest is null and ending <> 'EXPIRED' and hold.captured = paid
      then 'REPLAY' else 'ENDED' end, wallet.balance, ending;
    return;
  end if;
  if paid > hold.amount then
    return query select 'EXCESS', wallet.balance, hold.state;
    return;
  end if;
  moment := spillway.moment_of(in_tenant, hold.account_id);
  ending := case when paid > 0 then 'CAPTURED' else 'RELEASED' end;
  update spillway.wallet_holds h
     set state = ending, captured = paid, settled_at = moment, settled_by = in_actor,
         settled_digest = in_digest, settled_fingerprint = in_fingerprint,
         balance_after = wallet.balance - paid
   where h.hold_id = in_hold and h.tenant_id = in_tenant;
  update spillway.wallet_accounts a set held = a.held - hold.amount
   where a.account_id = hold.account_id and a.tenant_id = in_tenant;
  if paid > 0 then
    insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, ref_type, ref_id,
      actor, digest, fingerprint, account_id, balance_after, recorded_at)
    values (in_tenant, in_transaction, 'capture', hold.reason, hold.ref_type, hold.ref_id, in_actor,
      in_digest, in_fingerprint, hold.account_id, wallet.balance - paid, moment);
    perform spillway.draw_lots(array[in_tenant], array[hold.account_id], array[paid],
      array[wallet.balance - paid], array[in_hold], array[in_transaction], moment);
    perform spillway.post_to_shard(in_tenant, in_role, in_owner, wallet.unit, array[in_transaction],
      array[in_hold], array[paid], moment);
  end if;
  return query select 'SETTLED', wallet.balance - paid, ending;
end;
$$;

-- Frees what at most so many holds set aside whose end has come, those first that wait longest. Those whose wallet
-- somebody works on are passed over. Returns how many holds it looked at.
--
-- Nobody is waited for, so it does not matter in which order wallets are locked.
create function spillway.expire_holds(in_limit bigint) returns bigint language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
  moment timestamptz := clock_timestamp();
  ids uuid[];
  tenants text[];
begin
  select array_agg(d.hold_id), array_agg(d.tenant_id) into ids, tenants
    from (select h.hold_id, h.tenant_id from spillway.wallet_holds h
            join spillway.wallet_accounts a
              on a.account_id = h.account_id and a.tenant_id = h.tenant_id
           where h.state = 'OPEN' and h.expires_at <= moment
           order by h.expires_at limit in_limit for no key update of a skip locked) d;
  if ids is null then
    return 0;
  end if;
  -- Some may have ended before their wallets were locked.
  with ended as (
    update spillway.wallet_holds h
       set state = 'EXPIRED', settled_at = date_trunc('milliseconds', clock_timestamp()),
           settled_by = 'spillway', balance_after = a.balance
      from unnest(ids, tenants) f (id, tenant), spillway.wallet_accounts a
     where h.hold_id = f.id and h.tenant_id = f.tenant and h.state = 'OPEN'
       and a.account_id = h.account_id and a.tenant_id = h.tenant_id
    returning h.tenant_id, h.account_id, h.amount
  )
  update spillway.wallet_accounts a set held = a.held - f.amount
    from (select tenant_id, account_id, sum(amount)::bigint as amount from ended
           group by tenant_id, account_id) f
   where a.account_id = f.account_id and a.tenant_id = f.tenant_id;
  return cardinality(ids);
end;
$$;
