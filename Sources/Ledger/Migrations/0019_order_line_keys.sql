-- The keys of order lines, and of orders by user and by scope, in an order that costs less to insert into,
-- as those of coupons: ids of fixed width lead, and the tenant, which is the same in nearly all neighbours
-- and follows from them, is behind. So lines of new orders go to the rightmost page.
--
-- An order itself is still found by tenant first: lists go through all orders of one tenant.
--
-- Rebuilds the indexes: some seconds for each million orders, in which none are added.

alter table spillway.order_lines
  drop constraint order_lines_pkey,
  add constraint order_lines_pkey primary key (order_id, position, tenant_id);

drop index spillway.orders_of_user;
create index orders_of_user on spillway.orders (user_id, order_id, tenant_id);

drop index spillway.orders_of_scope;
create index orders_of_scope on spillway.orders (scope, cell, order_id, tenant_id);
