-- What is done to wallets, set by set.
--
-- The functions find rows by their keys, whatever the statistics say: a plan that was made while a table
-- was small stays good when it has grown.

-- MARK: Building blocks

-- Makes those of the wallets that are not there.
create function spillway.ensure_wallets(tenants text[], owners text[], units text[]) returns void
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
begin
  insert into spillway.wallet_accounts (tenant_id, role, owner, unit)
  select distinct f.tenant, 'user', f.owner, f.unit
    from unnest(tenants, owners, units) as f (tenant, owner, unit)
   where not exists (select from spillway.wallet_accounts a where a.tenant_id = f.tenant
     and a.owner = f.owner and a.unit = f.unit and a.role = 'user' and a.shard = 0)
   order by 1, 3, 4
  on conflict (tenant_id, owner, unit, role, shard) do nothing;
end;
$$;

-- Locks a shard of a system account or of a merchant's that nobody else works on, and returns it. Makes
-- the shards when there are none.
--
-- Nobody waits for a shard while another one is free, so it does not matter at which point of its
-- transaction somebody takes one.
create function spillway.take_shard(
  in_tenant text, in_role text, in_owner text, in_unit text
) returns bigint language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  first integer := floor(random() * spillway.wallet_shards());
  taken bigint;
begin
  select account_id into taken from spillway.wallet_accounts
   where tenant_id = in_tenant and owner = in_owner and unit = in_unit and role = in_role
     and shard >= first
   order by shard limit 1 for no key update skip locked;
  if found then
    return taken;
  end if;
  if not exists (select from spillway.wallet_accounts where tenant_id = in_tenant
    and owner = in_owner and unit = in_unit and role = in_role and shard = 0)
  then
    insert into spillway.wallet_accounts (tenant_id, role, owner, unit, shard)
    select in_tenant, in_role, in_owner, in_unit, s
      from generate_series(0, spillway.wallet_shards() - 1) s
    on conflict (tenant_id, owner, unit, role, shard) do nothing;
  end if;
  select account_id into taken from spillway.wallet_accounts
   where tenant_id = in_tenant and owner = in_owner and unit = in_unit and role = in_role
   order by shard limit 1 for no key update skip locked;
  if not found then
    select account_id into strict taken from spillway.wallet_accounts
     where tenant_id = in_tenant and owner = in_owner and unit = in_unit and role = in_role
       and shard = first for no key update;
  end if;
  return taken;
end;
$$;

-- The other side of entries: posts the amounts to a system account, or to a merchant's.
create function spillway.post_to_shard(
  in_tenant text, in_role text, in_owner text, in_unit text,
  transactions uuid[], subjects uuid[], amounts bigint[], moment timestamptz
) returns void language plpgsql as $$
declare
  account bigint := spillway.take_shard(in_tenant, in_role, in_owner, in_unit);
  after bigint;
  change bigint := (select sum(amount) from unnest(amounts) f (amount));
begin
  update spillway.wallet_accounts set balance = balance + change
   where tenant_id = in_tenant and account_id = account returning balance into strict after;
  insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
    recorded_at)
  select in_tenant, account, f.transaction, f.subject, f.amount,
      after - change + sum(f.amount) over (order by f.n), moment
    from unnest(transactions, subjects, amounts) with ordinality f (transaction, subject, amount, n)
   order by f.n;
end;
$$;

-- Draws on wallets: on the lots that expire first, with an allocation for each draw and an entry for
-- each subject. The caller holds the accounts' locks, has seen that there is enough, and says what each
-- balance will be; the amounts are above zero.
create function spillway.draw_lots(
  tenants text[], accounts bigint[], amounts bigint[], balances bigint[], subjects uuid[],
  transactions uuid[], moment timestamptz
) returns void language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  drawn bigint;
begin
  with wanted as materialized (
    select f.*, sum(f.amount) over (partition by f.account order by f.n) as upto
      from unnest(tenants, accounts, amounts, subjects, transactions) with ordinality
        as f (tenant, account, amount, subject, transaction, n)
  ), draws as materialized (
    -- Subjects of an account stand one behind the other, and so do its lots: where both cover the same,
    -- the one draws on the other.
    select w.tenant, w.account, w.subject, w.transaction, l.lot_id,
        (least(w.upto, l.upto) - greatest(w.upto - w.amount, l.upto - l.remaining))::bigint as amount
      from wanted w cross join lateral (
        select o.lot_id, o.remaining,
            sum(o.remaining) over (order by o.expires_at, o.lot_id) as upto
          from spillway.wallet_lots o
         where o.account_id = w.account and o.tenant_id = w.tenant and o.is_open) l
     where l.upto - l.remaining < w.upto and l.upto > w.upto - w.amount
  ), lots as (
    update spillway.wallet_lots o set remaining = o.remaining - d.amount
      from (select tenant, lot_id, sum(amount) as amount from draws group by tenant, lot_id) d
     where o.lot_id = d.lot_id and o.tenant_id = d.tenant
  ), allocations as (
    insert into spillway.wallet_allocations (tenant_id, subject, account_id, lot_id, transaction_id,
      amount)
    select tenant, subject, account, lot_id, transaction, amount from draws
  ), accounts as (
    update spillway.wallet_accounts a set balance = a.balance - w.amount
      from (select tenant, account, sum(amount) as amount from wanted group by tenant, account) w
     where a.account_id = w.account and a.tenant_id = w.tenant
  )
  select sum(amount) into drawn from draws;
  if drawn is distinct from (select sum(amount) from unnest(amounts) f (amount)) then
    perform spillway.contradict('a wallet''s lots do not cover its balance');
  end if;
  insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
    recorded_at)
  select f.tenant, f.account, f.transaction, f.subject, -f.amount, f.balance, moment
    from unnest(tenants, accounts, amounts, balances, subjects, transactions) with ordinality
      as f (tenant, account, amount, balance, subject, transaction, n)
   order by f.n;
end;
$$;

-- Adds lots to wallets, each with its entry. The caller holds the accounts' locks and says what each
-- balance will be.
create function spillway.add_lots(
  tenants text[], accounts bigint[], amounts bigint[], balances bigint[], expiries timestamptz[],
  transactions uuid[], moment timestamptz
) returns void language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
begin
  insert into spillway.wallet_lots (tenant_id, account_id, transaction_id, amount, remaining,
    expires_at, created_at)
  select f.tenant, f.account, f.transaction, f.amount, f.amount, f.expiry, moment
    from unnest(tenants, accounts, amounts, expiries, transactions) with ordinality
      as f (tenant, account, amount, expiry, transaction, n)
   order by f.n;
  insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
    recorded_at)
  select f.tenant, f.account, f.transaction, f.transaction, f.amount, f.balance, moment
    from unnest(tenants, accounts, amounts, balances, transactions) with ordinality
      as f (tenant, account, amount, balance, transaction, n)
   order by f.n;
  update spillway.wallet_accounts a
     set balance = a.balance + f.amount, next_expiry = least(a.next_expiry, f.expiry)
    from (select tenant, account, sum(amount)::bigint as amount, min(expiry) as expiry
            from unnest(tenants, accounts, amounts, expiries) u (tenant, account, amount, expiry)
           group by tenant, account) f
   where a.account_id = f.account and a.tenant_id = f.tenant;
end;
$$;

-- MARK: Expiry

-- Takes out of wallets what has expired, but for what open holds have set aside. The caller holds the
-- accounts' locks. Returns how much it was, in lots.
create function spillway.expire_wallets(accounts bigint[], tenants text[]) returns bigint
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
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
            select sum(o.remaining)::bigint as due, count(*) as lots from spillway.wallet_lots o
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

-- Takes out what has expired of up to so many wallets. Those that somebody else works on are passed
-- over, and those of which holds have set all aside. Returns how many wallets were looked at.
create function spillway.expire_lots(in_limit bigint) returns bigint language plpgsql as $$
declare
  ids bigint[];
  tenants text[];
begin
  select array_agg(account_id), array_agg(tenant_id) into ids, tenants
    from (select account_id, tenant_id from spillway.wallet_accounts
           where next_expiry <= clock_timestamp() and next_expiry < 'infinity' and balance > held
           order by account_id limit in_limit for no key update skip locked) d;
  if ids is null then
    return 0;
  end if;
  perform spillway.expire_wallets(ids, tenants);
  return cardinality(ids);
end;
$$;

-- MARK: Credits and debits

-- What somebody wants to bring to a wallet or to take out of it.
create type spillway.wallet_posting as (
  -- Its place in the set.
  n integer,
  tenant text, owner text, unit text, amount bigint, expiry timestamptz,
  -- The other side: a system account, or a merchant.
  counter_role text, counter_owner text,
  transaction uuid, reason text, ref_type text, ref_id text, actor text, digest uuid, fingerprint uuid,
  account bigint, balance bigint, available bigint,
  -- DONE, REPLAY, KEY_REUSED, SHORT, OVERFLOW; null for what is decided in a later round.
  outcome text
);

-- Locks the wallets of postings and returns these with what is in them. What has expired is taken out
-- first.
create function spillway.lock_wallets(postings spillway.wallet_posting[])
returns spillway.wallet_posting[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  result spillway.wallet_posting[];
  due bigint[];
  due_tenants text[];
begin
  for round in 1..2 loop
    select array_agg(row(k.n, k.tenant, k.owner, k.unit, k.amount, k.expiry, k.counter_role,
        k.counter_owner, k.transaction, k.reason, k.ref_type, k.ref_id, k.actor, k.digest,
        k.fingerprint, k.account_id, k.has, k.has - k.held, null)::spillway.wallet_posting),
        array_agg(distinct k.account_id)
          filter (where k.next_expiry <= clock_timestamp() and k.has > k.held)
      into result, due
      from (select f.*, a.account_id, a.balance as has, a.held, a.next_expiry
              from unnest(postings) f
              join spillway.wallet_accounts a on a.tenant_id = f.tenant and a.owner = f.owner
                and a.unit = f.unit and a.role = 'user' and a.shard = 0
             order by a.account_id, f.n
               for no key update of a) k;
    exit when due is null;
    select array_agg((select f.tenant from unnest(result) f where f.account = d limit 1)
        order by d) into due_tenants from unnest(due) d;
    perform spillway.expire_wallets(due, due_tenants);
  end loop;
  return result;
end;
$$;

-- Decides postings of one sign: those whose key is known, those for which there is not enough, or too
-- much. Of twins (one key twice in the set) the first is decided; so are those of a wallet up to the
-- first that is refused. The others have no outcome yet.
create function spillway.judge_postings(
  postings spillway.wallet_posting[], is_credit boolean
) returns spillway.wallet_posting[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  result spillway.wallet_posting[];
begin
  with known as (
    select f.*, t.transaction_id as first, t.fingerprint as first_print, e.balance as first_balance,
        row_number() over (partition by f.tenant, coalesce(f.digest, f.transaction) order by f.n) > 1
          as is_twin
      from unnest(postings) f
      left join spillway.wallet_transactions t on t.digest = f.digest and t.tenant_id = f.tenant
      left join spillway.wallet_entries e
        on t.transaction_id is not null and e.account_id = f.account and e.tenant_id = f.tenant
          and e.transaction_id = t.transaction_id
  ), queued as (
    select k.*, sum(k.amount) over (partition by k.account, k.first is null and not k.is_twin
        order by k.n) as upto,
        case when is_credit then spillway.wallet_maximum() - k.balance else k.available end as room
      from known k
  ), judged as (
    select q.*, case
        when q.first_print = q.fingerprint and q.first_balance is not null then 'REPLAY'
        when q.first is not null then 'KEY_REUSED'
        when q.is_twin or q.upto - q.amount > q.room then null
        when q.upto > q.room then case when is_credit then 'OVERFLOW' else 'SHORT' end
        else 'DONE' end as verdict
      from queued q
  )
  select array_agg(row(j.n, j.tenant, j.owner, j.unit, j.amount, j.expiry, j.counter_role,
      j.counter_owner, case j.verdict when 'REPLAY' then j.first else j.transaction end, j.reason,
      j.ref_type, j.ref_id, j.actor, j.digest, j.fingerprint, j.account,
      case j.verdict
        when 'REPLAY' then j.first_balance
        when 'DONE' then j.balance + case when is_credit then j.upto else -j.upto end
        -- What is there for it, behind those before it.
        when 'SHORT' then j.available - (j.upto - j.amount)
        else j.balance end,
      j.available, j.verdict)::spillway.wallet_posting)
    into result from judged j;
  return result;
end;
$$;

-- Writes postings that were decided to be done.
create function spillway.write_postings(
  done spillway.wallet_posting[], is_credit boolean, moment timestamptz
) returns void language plpgsql as $$
declare
  side record;
begin
  insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, ref_type, ref_id,
    actor, digest, fingerprint, recorded_at)
  select tenant, transaction, case when is_credit then 'credit' else 'debit' end, reason, ref_type,
      ref_id, actor, digest, fingerprint, moment
    from unnest(done) order by digest;
  if is_credit then
    perform spillway.add_lots(array_agg(tenant order by n), array_agg(account order by n),
        array_agg(amount order by n), array_agg(balance order by n), array_agg(expiry order by n),
        array_agg(transaction order by n), moment)
      from unnest(done);
  else
    perform spillway.draw_lots(array_agg(tenant order by n), array_agg(account order by n),
        array_agg(amount order by n), array_agg(balance order by n),
        array_agg(transaction order by n), array_agg(transaction order by n), moment)
      from unnest(done);
  end if;
  for side in
    select tenant, counter_role, counter_owner, unit, array_agg(transaction order by n) as transactions,
        array_agg(case when is_credit then -amount else amount end order by n) as amounts
      from unnest(done) group by tenant, counter_role, counter_owner, unit order by 1, 2, 3, 4
  loop
    perform spillway.post_to_shard(side.tenant, side.counter_role, side.counter_owner, side.unit,
      side.transactions, side.transactions, side.amounts, moment);
  end loop;
end;
$$;

-- Brings amounts to wallets, or takes them out. Each is decided by itself, one behind the other where
-- they are for the same wallet: a refusal of one never fails its neighbours. A posting whose digest is
-- known is answered with what was done then.
create function spillway.post_wallets(
  is_credit boolean, tenants text[], owners text[], units text[], amounts bigint[],
  expiries timestamptz[], counter_roles text[], counter_owners text[], transactions uuid[],
  reasons text[], ref_types text[], ref_ids text[], actors text[], digests uuid[], fingerprints uuid[]
) returns table (place integer, outcome text, transaction_id uuid, balance bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  waiting spillway.wallet_posting[];
  judged spillway.wallet_posting[];
  done spillway.wallet_posting[];
  moment timestamptz;
begin
  perform spillway.ensure_wallets(tenants, owners, units);
  select array_agg(row(f.*, null, 0, 0, null)::spillway.wallet_posting) into waiting
    from (select n::integer, tenant, owner, unit, amount, expiry, counter_role, counter_owner,
            transaction, reason, ref_type, ref_id, actor, digest, fingerprint
            from unnest(tenants, owners, units, amounts, expiries, counter_roles, counter_owners,
              transactions, reasons, ref_types, ref_ids, actors, digests, fingerprints)
              with ordinality as u (tenant, owner, unit, amount, expiry, counter_role, counter_owner,
                transaction, reason, ref_type, ref_id, actor, digest, fingerprint, n)) f;
  while waiting is not null loop
    judged := spillway.judge_postings(spillway.lock_wallets(waiting), is_credit);
    moment := date_trunc('milliseconds', clock_timestamp());
    select array_agg(j) filter (where j.outcome = 'DONE'), array_agg(j) filter (where j.outcome is null)
      into done, waiting from unnest(judged) j;
    if done is not null then
      perform spillway.write_postings(done, is_credit, moment);
    end if;
    return query select j.n, j.outcome, j.transaction, j.balance from unnest(judged) j
      where j.outcome is not null;
  end loop;
end;
$$;

-- Brings back to a wallet what was drawn for a subject, to the same lots; to those first that last
-- longest. The other side is taken from a system account or a merchant. What comes back to a lot that
-- has expired expires again. Returns the wallet's balance behind it; raises an integrity violation when
-- more is to come back than was drawn and did not come back yet.
--
-- The caller holds the lock of whatever the subject belongs to: the payment's order, the debit's ref.
create function spillway.restore_draws(
  in_tenant text, in_subject uuid, in_amount bigint, in_role text, in_owner text, in_transaction uuid,
  in_reason text, in_ref_type text, in_ref_id text, in_actor text, in_digest uuid, in_fingerprint uuid
) returns bigint language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  moment timestamptz := date_trunc('milliseconds', clock_timestamp());
  wallet spillway.wallet_accounts;
  restored bigint;
begin
  select a.* into wallet from spillway.wallet_accounts a
   where a.tenant_id = in_tenant and a.account_id = (
     select account_id from spillway.wallet_allocations
      where tenant_id = in_tenant and subject = in_subject limit 1)
     for no key update;
  if not found or in_amount <= 0 then
    perform spillway.contradict('there is no such draw to restore');
  end if;
  insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, ref_type, ref_id,
    actor, digest, fingerprint, recorded_at)
  values (in_tenant, in_transaction, 'refund', in_reason, in_ref_type, in_ref_id, in_actor, in_digest,
    in_fingerprint, moment);
  with drawn as (
    select d.lot_id, d.amount, sum(d.amount) over (order by o.expires_at desc, d.lot_id desc) as upto
      from (select lot_id, sum(amount)::bigint as amount from spillway.wallet_allocations
             where tenant_id = in_tenant and subject = in_subject
             group by lot_id having sum(amount) > 0) d
      join spillway.wallet_lots o on o.lot_id = d.lot_id and o.tenant_id = in_tenant
  ), given as materialized (
    select lot_id, least(amount, in_amount - (upto - amount))::bigint as amount
      from drawn where upto - amount < in_amount
  ), lots as (
    update spillway.wallet_lots o set remaining = o.remaining + g.amount
      from given g where o.lot_id = g.lot_id and o.tenant_id = in_tenant
    returning o.expires_at
  ), allocations as (
    insert into spillway.wallet_allocations (tenant_id, subject, account_id, lot_id, transaction_id,
      amount)
    select in_tenant, in_subject, wallet.account_id, lot_id, in_transaction, -amount from given
  ), account as (
    update spillway.wallet_accounts
       set balance = balance + in_amount,
           next_expiry = least(next_expiry, (select min(expires_at) from lots))
     where tenant_id = in_tenant and account_id = wallet.account_id
  )
  select sum(amount) into restored from given;
  if restored is distinct from in_amount then
    perform spillway.contradict('more is to be restored than was drawn');
  end if;
  insert into spillway.wallet_entries (tenant_id, account_id, transaction_id, subject, amount, balance,
    recorded_at)
  values (in_tenant, wallet.account_id, in_transaction, in_transaction, in_amount,
    wallet.balance + in_amount, moment);
  perform spillway.post_to_shard(in_tenant, in_role, in_owner, wallet.unit, array[in_transaction],
    array[in_transaction], array[-in_amount], moment);
  return wallet.balance + in_amount;
end;
$$;

-- MARK: Holds

-- Sets part of a wallet aside. Outcomes: PLACED, REPLAY (the hold is there already), CONFLICT (a hold of
-- that id says something else), SHORT; with what is free behind it.
create function spillway.place_hold(
  in_tenant text, in_owner text, in_unit text, in_hold uuid, in_amount bigint, in_reason text,
  in_ref_type text, in_ref_id text, in_actor text
) returns table (outcome text, available bigint) language plpgsql as $$
declare
  wallet spillway.wallet_accounts;
  known spillway.wallet_holds;
begin
  perform spillway.ensure_wallets(array[in_tenant], array[in_owner], array[in_unit]);
  select a.* into strict wallet from spillway.wallet_accounts a
   where a.tenant_id = in_tenant and a.owner = in_owner and a.unit = in_unit and a.role = 'user'
     and a.shard = 0 for no key update;
  if wallet.next_expiry <= clock_timestamp() and wallet.balance > wallet.held then
    perform spillway.expire_wallets(array[wallet.account_id], array[in_tenant]);
    select a.* into strict wallet from spillway.wallet_accounts a
     where a.tenant_id = in_tenant and a.account_id = wallet.account_id;
  end if;
  select h.* into known from spillway.wallet_holds h where h.tenant_id = in_tenant and h.hold_id = in_hold;
  if found then
    return query select case when known.account_id = wallet.account_id and known.amount = in_amount
      then 'REPLAY' else 'CONFLICT' end, wallet.balance - wallet.held;
  elsif in_amount > wallet.balance - wallet.held then
    return query select 'SHORT', wallet.balance - wallet.held;
  else
    insert into spillway.wallet_holds (tenant_id, hold_id, account_id, amount, reason, ref_type, ref_id,
      actor, created_at)
    values (in_tenant, in_hold, wallet.account_id, in_amount, in_reason, in_ref_type, in_ref_id,
      in_actor, date_trunc('milliseconds', clock_timestamp()));
    update spillway.wallet_accounts a set held = a.held + in_amount
     where a.tenant_id = in_tenant and a.account_id = wallet.account_id;
    return query select 'PLACED', wallet.balance - wallet.held - in_amount;
  end if;
end;
$$;

-- Ends a hold: pays so much of it to a system account or a merchant, and frees the rest; 0 frees all.
-- Outcomes: SETTLED, REPLAY (it was ended the same way), CONFLICT (it was ended in another way, or is not
-- that much), UNKNOWN; with the wallet's balance behind it.
create function spillway.settle_hold(
  in_tenant text, in_hold uuid, in_amount bigint, in_role text, in_owner text, in_transaction uuid,
  in_actor text
) returns table (outcome text, balance bigint) language plpgsql as $$
declare
  moment timestamptz := date_trunc('milliseconds', clock_timestamp());
  hold spillway.wallet_holds;
  wallet spillway.wallet_accounts;
begin
  select h.* into hold from spillway.wallet_holds h
   where h.tenant_id = in_tenant and h.hold_id = in_hold;
  if not found then
    return query select 'UNKNOWN', 0::bigint;
    return;
  end if;
  select a.* into strict wallet from spillway.wallet_accounts a
   where a.tenant_id = in_tenant and a.account_id = hold.account_id for no key update;
  -- It changes only under the wallet's lock.
  select h.* into strict hold from spillway.wallet_holds h
   where h.tenant_id = in_tenant and h.hold_id = in_hold;
  if hold.state <> 'OPEN' or in_amount > hold.amount then
    return query select case when hold.state <> 'OPEN' and hold.captured = in_amount then 'REPLAY'
      else 'CONFLICT' end, wallet.balance;
    return;
  end if;
  update spillway.wallet_holds h
     set state = case when in_amount > 0 then 'CAPTURED' else 'RELEASED' end, captured = in_amount,
         settled_at = moment
   where h.tenant_id = in_tenant and h.hold_id = in_hold;
  update spillway.wallet_accounts a set held = a.held - hold.amount
   where a.tenant_id = in_tenant and a.account_id = hold.account_id;
  if in_amount > 0 then
    insert into spillway.wallet_transactions (tenant_id, transaction_id, kind, reason, ref_type, ref_id,
      actor, recorded_at)
    values (in_tenant, in_transaction, 'capture', hold.reason, hold.ref_type, hold.ref_id, in_actor,
      moment);
    perform spillway.draw_lots(array[in_tenant], array[hold.account_id], array[in_amount],
      array[wallet.balance - in_amount], array[in_hold], array[in_transaction], moment);
    perform spillway.post_to_shard(in_tenant, in_role, in_owner, wallet.unit, array[in_transaction],
      array[in_hold], array[in_amount], moment);
  end if;
  return query select 'SETTLED', wallet.balance - in_amount;
end;
$$;
