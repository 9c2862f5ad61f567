-- Checks are read anew for each statement that writes, so they are few and short here, and call no
-- functions. They refuse what they did.

alter table spillway.orders
  drop constraint orders_check,
  drop constraint orders_check1,
  drop constraint orders_check2,
  drop constraint orders_discount_check,
  drop constraint orders_shipping_check,
  drop constraint orders_status_check,
  drop constraint orders_subtotal_check,
  drop constraint orders_tax_check,
  add constraint orders_amounts check (
    least(subtotal, discount, tax, shipping, total) >= 0
    and total = subtotal - discount + tax + shipping),
  add constraint orders_status check (
    case status when 'PENDING' then cancelled_at is null
      when 'PAID' then paid_at is not null and cancelled_at is null
      when 'FULFILLED' then paid_at is not null and cancelled_at is null
      when 'CANCELLED' then cancelled_at is not null
      when 'REFUNDED' then paid_at is not null and cancelled_at is null
      else false end);

-- The numbers are spillway.wallet_ceiling() and the highest shard of spillway.wallet_shards().
alter table spillway.wallet_accounts
  drop constraint wallet_accounts_check,
  drop constraint wallet_accounts_cover,
  drop constraint wallet_accounts_held_check,
  drop constraint wallet_accounts_role_check,
  drop constraint wallet_accounts_shard_check,
  add constraint wallet_accounts_role check (
    case when role in ('user', 'merchant') then owner <> ''
      else owner = '' and role = any ('{funding,revenue,expiry,adjustment}') end),
  add constraint wallet_accounts_cover check (
    held >= 0 and shard between 0 and 63
    and (role <> 'user' or shard = 0 and balance between held and 4611686018427387904));

alter table spillway.orders_by_status
  drop constraint orders_by_status_status_check,
  add constraint orders_by_status_status check (
    status = any ('{PAID,FULFILLED,CANCELLED,REFUNDED}'));

alter table spillway.wallet_transactions
  drop constraint wallet_transactions_kind_check,
  drop constraint wallet_transactions_reason_check,
  drop constraint wallet_transactions_ref_id_check,
  drop constraint wallet_transactions_ref_type_check,
  -- Unknown where there is no reference, and then no refusal.
  add constraint wallet_transactions_words check (
    kind = any ('{credit,debit,payment,refund,expiry,capture}') and length(reason) between 1 and 500
    and length(ref_type) between 1 and 64 and length(ref_id) between 1 and 200);

alter table spillway.payments
  drop constraint payments_amount_check,
  drop constraint payments_discount_check,
  drop constraint payments_state_check,
  add constraint payments_amounts check (least(amount, discount) >= 0 and state = 'APPROVED');

alter table spillway.outbox_events
  drop constraint outbox_events_state_check,
  add constraint outbox_events_state check (state = any ('{PENDING,SENT,RETRY,ALERT}'));
