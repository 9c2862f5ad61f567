-- An order's id ends in what its idempotency key becomes (decision 0044), and the ledger keeps of a key what is in
-- the id: as the id of an order that is granted at the beginning of 1970.
--
-- The keys of the last two days' orders are written anew, some fifteen seconds for each million of them, in
-- which nothing else changes these orders.

-- What stands in an order's id where its key stands: its key, if it was granted since.
create function spillway.key_of(order_id uuid) returns uuid language sql immutable parallel safe as $$
  select overlay(order_id::text placing '00000000-0000-7' from 1)::uuid
$$;

-- What the digest of a key becomes. Of the first byte behind the version and its bits, an id has the highest two for
-- its variant.
create function spillway.order_key(salt uuid, digest uuid) returns uuid
language sql immutable parallel safe as $$
  select spillway.key_of(encode(set_bit(set_bit(
    substring(sha256(uuid_send(salt) || uuid_send(digest)) from 1 for 16), 70, 0), 71, 1), 'hex')::uuid)
$$;

-- Keys that still count get the new form, so that they guard what comes.
update spillway.orders o set idempotency_digest = spillway.order_key(t.key_salt, o.idempotency_digest)
  from spillway.tenants t
 where o.tenant_id = t.tenant_id and o.order_id > spillway.id_at(now() - interval '49 hours')
   and o.idempotency_digest is not null;

-- Decides about orders that are new to the ledger which of them keep their keys, and which are duplicates: the key
-- belongs to an order that came before, and is pending under it or not older than a key's life.
--
-- Another order of the ledger whose key's life is over gives its key up. Of pending orders whose ids end in it a key
-- has one: a cell finds what such an order has reserved by its key.
create or replace function spillway.settle_keys(
  in_tenant text, order_ids uuid[], user_ids text[], digests uuid[], moments timestamptz[],
  out kept uuid[], out duplicates uuid[]
) language plpgsql as $$
begin
  update spillway.orders o set idempotency_digest = null
    from unnest(user_ids, digests, moments) f (buyer, digest, created)
   where o.tenant_id = in_tenant and o.user_id = f.buyer and o.idempotency_digest = f.digest
     and (o.status <> 'PENDING' or o.idempotency_digest <> spillway.key_of(o.order_id))
     and o.created_at <= f.created - spillway.key_life();
  with candidate as (
    select * from unnest(order_ids, user_ids, digests, moments) with ordinality
      as f (id, buyer, digest, created, place)
  ), judged as (
    select c.*, exists (
          select from spillway.orders o
           where o.tenant_id = in_tenant and o.user_id = c.buyer and o.idempotency_digest = c.digest)
        or exists (
          -- What comes in one run with another is pending with it.
          select from candidate e where e.digest = c.digest and e.place < c.place
            and (c.created < e.created + spillway.key_life()
              or e.digest = spillway.key_of(e.id))) as is_duplicate
      from candidate c
  )
  select array_agg(case when is_duplicate or exists (
          select from judged l where l.digest = j.digest and l.place > j.place
            and not l.is_duplicate)
        then null else digest end order by place),
      coalesce(array_agg(id) filter (where is_duplicate), '{}')
    into kept, duplicates from judged j;
end;
$$;
