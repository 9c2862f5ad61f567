-- Prices may be in points, as wallets are: a price, a sale's item and the stock that is sold for it name POINT
-- where they name a currency. Exchange rates go on to be of money alone.
--
-- Rows that are there passed a check that allowed less, so none of them is looked at: each table is locked for a
-- moment, however large it is. New and changed rows are checked as ever.

-- In the order in which prices and sales are written: those of products, then the stock.
lock table spillway.sku_prices, spillway.sale_items, spillway.stock_accounts;

alter table spillway.sku_prices
  drop constraint sku_prices_currency_check,
  add constraint sku_prices_currency_check check (currency ~ '^([A-Z]{3}|POINT)$') not valid;

alter table spillway.sale_items
  drop constraint sale_items_currency_check,
  add constraint sale_items_currency_check check (currency ~ '^([A-Z]{3}|POINT)$') not valid;

alter table spillway.stock_accounts
  drop constraint stock_accounts_currency_check,
  add constraint stock_accounts_currency_check check (currency ~ '^([A-Z]{3}|POINT)$') not valid;
