-- One check for five of a stock account, which orders and payments change. In a migration of its own: facts of
-- stock lock accounts before orders, payments orders before accounts, so nothing may hold both against them.
alter table spillway.stock_accounts
  drop constraint stock_accounts_cover,
  drop constraint stock_accounts_received_check,
  drop constraint stock_accounts_reserved_check,
  drop constraint stock_accounts_sold_check,
  drop constraint stock_accounts_taken_check,
  -- What was received is not less than all of these.
  add constraint stock_accounts_cover check (
    least(taken, reserved, sold, received - taken - reserved - sold) >= 0);
