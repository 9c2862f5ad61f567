-- Sales that wait for a cell or for open orders keep no other sale from opening or closing.
--
-- Those that opened first were looked at first, and no more than a number of them at a time: where as many waited,
-- for orders that are paid within a day, or for a cell that is away, no sale opened or closed behind them.

-- Takes sales one step on whose time has come: those that need not wait for anything by their time, then those that
-- wait, in any order, so that each has its turn. Sales that somebody else works on are passed over.
-- Returns how many changed their state.
create or replace function spillway.advance_sales(in_lead_milliseconds bigint, in_limit bigint) returns bigint
language plpgsql as $$
declare
  sale spillway.sales;
  next_state text;
  advanced bigint := 0;
begin
  for sale in select * from spillway.sales
    where state in ('OPENING', 'CLOSING')
      or (state = 'SCHEDULED'
        and opens_at <= clock_timestamp() + in_lead_milliseconds * interval '1 millisecond')
      or (state = 'OPEN' and closes_at <= clock_timestamp())
    order by state in ('OPENING', 'CLOSING'),
        case when state in ('OPENING', 'CLOSING') then random() else 0 end, opens_at
    limit in_limit for no key update skip locked
  loop
    next_state := null;
    case sale.state
      when 'SCHEDULED' then
        if sale.closes_at <= clock_timestamp() then
          next_state := 'CLOSED';
        else
          perform spillway.fill_sale(sale.tenant_id, sale.sale_id);
          next_state := 'OPENING';
        end if;
      when 'OPENING' then
        if not exists (select from spillway.stock_movements where tenant_id = sale.tenant_id
          and from_cell = sale.source_cell and to_scope = sale.sale_id and state = 'PENDING') then
          next_state := 'OPEN';
        end if;
      when 'OPEN' then
        next_state := 'CLOSING';
      else
        if spillway.empty_sale(sale.tenant_id, sale.sale_id) then
          next_state := 'CLOSED';
        end if;
    end case;
    if next_state is not null then
      update spillway.sales
         set state = next_state, version = version + 1, updated_at = clock_timestamp()
       where tenant_id = sale.tenant_id and sale_id = sale.sale_id;
      perform spillway.tell_sale(sale.tenant_id, sale.sale_id);
      advanced := advanced + 1;
    end if;
  end loop;
  return advanced;
end;
$$;
