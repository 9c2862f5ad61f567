-- An order's id ends in what its idempotency key becomes (decision 0044), and the ledger keeps of a key what is in
-- the id: as the id of an order that is granted at the beginning of 1970.

-- What stands in an order's id where its key stands: its key, if it was granted since.
create function spillway.key_of(order_id uuid) returns uuid language sql immutable parallel safe as $$
  select overlay(order_id::text placing '00000000-0000-7' from 1)::uuid
$$;

-- Keys that still count get the new form, so that they guard what comes. Of the first byte behind the version and
-- its bits, an id has the highest two for its variant.
update spillway.orders
   set idempotency_digest = spillway.key_of(
     encode(set_bit(set_bit(uuid_send(idempotency_digest), 70, 0), 71, 1), 'hex')::uuid)
 where idempotency_digest is not null
   and (status = 'PENDING' or created_at > now() - 2 * spillway.key_life());

-- Decides about orders that are new to the ledger which of them keep their keys, and which are duplicates: the key
-- belongs to an order that came before, and is pending or not older than a key's life.
--
-- An order of the ledger that is pending no more and whose key's life is over gives its key up. Of pending orders a
-- key has one: a cell finds what an order has reserved by its key.
create or replace function spillway.settle_keys(
  in_tenant text, order_ids uuid[], user_ids text[], digests uuid[], moments timestamptz[],
  out kept uuid[], out duplicates uuid[]
) language plpgsql as $$
begin
  update spillway.orders o set idempotency_digest = null
    from unnest(user_ids, digests, moments) f (buyer, digest, created)
   where o.tenant_id = in_tenant and o.user_id = f.buyer and o.idempotency_digest = f.digest
     and o.status <> 'PENDING' and o.created_at <= f.created - spillway.key_life();
  with candidate as (
    select * from unnest(order_ids, user_ids, digests, moments) with ordinality
      as f (id, buyer, digest, created, place)
  ), judged as (
    -- What comes in one run with another is pending with it.
    select c.*, exists (
          select from spillway.orders o
           where o.tenant_id = in_tenant and o.user_id = c.buyer and o.idempotency_digest = c.digest)
        or exists (
          select from candidate e where e.digest = c.digest and e.place < c.place) as is_duplicate
      from candidate c
  )
  select array_agg(case when is_duplicate then null else digest end order by place),
      coalesce(array_agg(id) filter (where is_duplicate), '{}')
    into kept, duplicates from judged;
end;
$$;
