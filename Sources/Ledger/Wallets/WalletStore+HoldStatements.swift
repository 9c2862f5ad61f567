internal import Postgres

extension WalletStore {
  static let placeStatement = Statement(
    "wallet_place_hold",
    "select * from spillway.place_hold($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")

  static let settleStatement = Statement(
    "wallet_settle_hold",
    "select * from spillway.settle_hold($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")

  static let expireHoldsStatement = Statement(
    "wallet_expire_holds", "select spillway.expire_holds($1)")

  static let holdStatement = Statement(
    "wallet_hold",
    """
    select \(WalletHold.columns) from spillway.wallet_holds h
      join spillway.wallet_accounts a using (account_id, tenant_id)
     where h.hold_id = $2 and h.tenant_id = $1 and a.owner = $3
    """)

  // Of each wallet and state the newest are read, by their index, however many there are.
  static let holdsStatement = Statement(
    "wallet_holds",
    """
    select \(WalletHold.columns)
      from spillway.wallet_accounts a
      cross join unnest($3::text[]) s (state)
      cross join lateral (
        select * from spillway.wallet_holds h
         where h.account_id = a.account_id and h.state = s.state and h.tenant_id = a.tenant_id
           and h.hold_id < $4
         order by h.hold_id desc limit $5) h
     where a.tenant_id = $1 and a.owner = $2 and a.role = 'user'
     order by h.hold_id desc limit $5
    """)
}
