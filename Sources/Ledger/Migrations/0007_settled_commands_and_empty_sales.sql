-- Asks the cell of a sale that is over for what is left. Returns true once nothing is left.
--
-- Each account that ever got something is asked at least once: the answer comes behind all facts about
-- it, so whatever was reserved in the last moment is known by then. One that never got anything has
-- nowhere to give it back to.
create or replace function spillway.empty_sale(in_tenant text, in_sale uuid) returns boolean
language plpgsql as $$
declare
  sale spillway.sales;
  account spillway.stock_accounts;
  is_empty boolean := true;
begin
  select * into strict sale from spillway.sales where tenant_id = in_tenant and sale_id = in_sale;
  for account in select * from spillway.stock_accounts
    where tenant_id = in_tenant and cell = sale.cell and scope = in_sale and received > 0 order by sku
  loop
    continue when account.received - account.taken - account.sold = 0 and exists (
      select from spillway.stock_movements where tenant_id = in_tenant and from_scope = in_sale
        and from_cell = sale.cell and sku = account.sku and kind = 'sale_close' and state = 'DONE');
    is_empty := false;
    -- One that waits is enough; and one that found nothing is not followed by the next at once.
    continue when account.reserved > 0 or exists (
      select from spillway.stock_movements where tenant_id = in_tenant and from_scope = in_sale
        and from_cell = sale.cell and sku = account.sku
        and (state = 'PENDING' or (kind = 'sale_close'
          and finished_at > clock_timestamp() - interval '1 second')));
    perform spillway.request_stock(in_tenant, spillway.new_id(), 'sale_close', sale.cell, in_sale,
      account.sku, sale.source_cell, spillway.open_scope(),
      greatest(1, account.received - account.taken - account.sold), 'sale ' || in_sale, 'spillway');
  end loop;
  return is_empty;
end;
$$;

-- Drops commands that were applied long ago, the oldest first. Returns how many.
create function spillway.forget_commands(in_age_milliseconds bigint, in_limit bigint) returns bigint
language plpgsql as $$
declare
  dropped bigint;
begin
  delete from spillway.cell_commands where command_id in (
    select command_id from spillway.cell_commands
     where applied_at < clock_timestamp() - in_age_milliseconds * interval '1 millisecond'
     order by command_id limit in_limit for update skip locked);
  get diagnostics dropped = row_count;
  return dropped;
end;
$$;
