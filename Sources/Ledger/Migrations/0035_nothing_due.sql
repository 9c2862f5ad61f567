-- What has expired is taken out of a wallet until nothing is due, before anything is decided by what is in it.
--
-- Functions looked at their wallets a second time after they had taken out what had expired, but not a third
-- time. Where another lot expired in between, they decided by what had been there before: entries told a balance
-- that the wallet did not have, and a debit or a payment that was refused for too little failed with its whole set.

-- Locks the wallets of postings and returns these with what is in them. What has expired is taken out
-- first.
create or replace function spillway.lock_wallets(postings spillway.wallet_posting[])
returns spillway.wallet_posting[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
  result spillway.wallet_posting[];
  due bigint[];
  due_tenants text[];
begin
  loop
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

-- Locks and decides attempts; takes out of the wallets what has expired, before. No results when there is
-- none of the orders.
create or replace function spillway.attempt_payments(
  places integer[], tenants text[], orders uuid[], users text[], payments uuid[], digests uuid[],
  fingerprints uuid[], is_thorough boolean
) returns spillway.payment_result[] language plpgsql as $$
declare
  attempts spillway.payment_attempt[];
  due bigint[];
  due_tenants text[];
begin
  loop
    attempts := spillway.lock_payments(places, tenants, orders, users, payments, digests, fingerprints);
    if attempts is null then
      return '{}';
    end if;
    select array_agg(d.account), array_agg(d.tenant) into due, due_tenants
      from (
        select distinct a.account, a.tenant from unnest(attempts) a
         where a.next_expiry <= clock_timestamp() and a.available > 0) d;
    exit when due is null;
    perform spillway.expire_wallets(due, due_tenants);
  end loop;
  return spillway.decide_payments(attempts, date_trunc('milliseconds', clock_timestamp()), is_thorough);
end;
$$;

-- Entries tell the balance again that follows from those before them, and so do repeats. Amounts stay as they are:
-- only what was told beside them was wrong.
-- In the order in which all write to them.
lock table spillway.wallet_transactions, spillway.wallet_entries in share row exclusive mode;
alter table spillway.wallet_entries disable trigger wallet_entries_stay;
alter table spillway.wallet_transactions disable trigger wallet_transactions_stay;

with expired as (
  select distinct e.tenant_id, e.account_id from spillway.wallet_transactions t
    join spillway.wallet_entries e on e.tenant_id = t.tenant_id
      and e.transaction_id = t.transaction_id
    join spillway.wallet_accounts a on a.tenant_id = e.tenant_id and a.account_id = e.account_id
   where t.kind = 'expiry' and a.role = 'user'
), steps as (
  select e.tenant_id, e.account_id, e.entry_id, e.balance, sum(e.amount) over (
      partition by e.tenant_id, e.account_id order by e.entry_id)::bigint as follows
    from spillway.wallet_entries e join expired using (tenant_id, account_id)
), told as (
  update spillway.wallet_entries e set balance = s.follows
    from steps s
   where e.account_id = s.account_id and e.entry_id = s.entry_id and e.tenant_id = s.tenant_id
     and s.balance <> s.follows
  returning e.tenant_id, e.account_id, e.transaction_id, e.balance
)
update spillway.wallet_transactions t set balance_after = f.balance
  from told f
 where t.transaction_id = f.transaction_id and t.tenant_id = f.tenant_id
   and t.account_id = f.account_id;

alter table spillway.wallet_entries enable trigger wallet_entries_stay;
alter table spillway.wallet_transactions enable trigger wallet_transactions_stay;
