internal import Postgres

extension WalletStore {
  static let postStatement = Statement(
    "wallet_post",
    """
    select * from spillway.post_wallets($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    """)

  static let recordedStatement = Statement(
    "wallet_recorded",
    """
    select recorded_at from spillway.wallet_transactions where tenant_id = $1 and transaction_id = $2
    """)

  static let restoreStatement = Statement(
    "wallet_restore",
    "select spillway.restore_draws($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")

  static let expireStatement = Statement("wallet_expire", "select spillway.expire_lots($1)")

  static let balancesStatement = Statement(
    "wallet_balances",
    """
    select \(WalletBalance.columns) from spillway.wallet_accounts a
     where a.tenant_id = $1 and a.owner = $2 and a.role = 'user' order by a.unit
    """)

  // Entries of an account follow each other under its lock, so their numbers tell their order.
  static let balanceAtStatement = Statement(
    "wallet_balance_at",
    """
    select coalesce(sum(last.balance), 0)::bigint from spillway.wallet_accounts a
      cross join lateral (
        select e.balance from spillway.wallet_entries e
         where e.account_id = a.account_id and e.tenant_id = a.tenant_id and e.recorded_at <= $6
         order by e.entry_id desc limit 1) last
     where a.tenant_id = $1 and a.owner = $2 and a.unit = $3 and a.role = $4
       and a.shard between 0 and $5
    """)

  static let historyStatement = Statement(
    "wallet_history",
    """
    select \(WalletEntry.columns)
      from (
        select e.* from spillway.wallet_accounts a
          cross join lateral (
            select * from spillway.wallet_entries e
             where e.account_id = a.account_id and e.tenant_id = a.tenant_id and e.entry_id < $4
             order by e.entry_id desc limit $5) e
         where a.tenant_id = $1 and a.owner = $2 and a.role = 'user' and ($3::text is null or a.unit = $3)
         order by e.entry_id desc limit $5) e
      join spillway.wallet_accounts a using (account_id, tenant_id)
      join spillway.wallet_transactions t using (transaction_id, tenant_id)
      left join spillway.payments p
        on t.kind = 'payment' and p.order_id = e.subject and p.tenant_id = e.tenant_id
     order by e.entry_id desc
    """)
}
