-- A draft and what is retired are not sold, wherever there is stock of them: the cells are told when a product
-- begins to be sold or is withdrawn. What they are told follows from the product's status at that time
-- (`stock.put` reads it), and so do a rebuild and the audit.

create function spillway.tell_product_status() returns trigger language plpgsql as $$
begin
  perform from spillway.stock_accounts a join spillway.skus s using (tenant_id, sku)
   where s.tenant_id = new.tenant_id and s.product_id = new.product_id
   order by a.tenant_id, a.cell, a.scope, a.sku
     for no key update of a;
  with told as (
    update spillway.stock_accounts a set version = a.version + 1, updated_at = clock_timestamp()
      from spillway.skus s
     where s.tenant_id = new.tenant_id and s.product_id = new.product_id
       and a.tenant_id = s.tenant_id and a.sku = s.sku
    returning a.cell, a.account_id
  )
  insert into spillway.cell_commands (cell, kind, subject)
  select cell, 'stock.put', account_id from told order by cell, account_id;
  return null;
end;
$$;
create trigger products_tell_status after update of status on spillway.products
  for each row when ((old.status = 'active') <> (new.status = 'active'))
  execute function spillway.tell_product_status();

-- An account that is made while its product's status changes waits for that change, or is found by it.
create function spillway.await_product_status() returns trigger language plpgsql as $$
begin
  perform from spillway.products p join spillway.skus s using (tenant_id, product_id)
   where s.tenant_id = new.tenant_id and s.sku = new.sku for share of p;
  return new;
end;
$$;
create trigger stock_accounts_await_status before insert on spillway.stock_accounts
  for each row execute function spillway.await_product_status();

-- What there is already.
with told as (
  update spillway.stock_accounts a set version = a.version + 1, updated_at = clock_timestamp()
    from spillway.skus s join spillway.products p using (tenant_id, product_id)
   where a.tenant_id = s.tenant_id and a.sku = s.sku and p.status <> 'active'
  returning a.cell, a.account_id
)
insert into spillway.cell_commands (cell, kind, subject)
select cell, 'stock.put', account_id from told order by cell, account_id;
