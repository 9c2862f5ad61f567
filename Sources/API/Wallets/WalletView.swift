internal import Domain
internal import Ledger
internal import Services

/// Writes wallets and their changes.
enum WalletView {
  static func wallet(_ balances: [WalletBalance], of user: UserID) -> JSONValue {
    wallet(
      of: user, asOf: nil,
      balances.map { wallet in
        [
          "balance": money(wallet.balance, wallet.unit),
          "held": money(wallet.held, wallet.unit),
          "available": money(wallet.available, wallet.unit),
          "next_expiry": JSONValue(wallet.nextExpiry?.description),
        ]
      })
  }

  static func wallet(
    _ balances: [(unit: WalletUnit, balance: Int)], of user: UserID, at time: Instant
  ) -> JSONValue {
    wallet(of: user, asOf: time, balances.map { ["balance": money($0.balance, $0.unit)] })
  }

  private static func wallet(
    of user: UserID, asOf time: Instant?, _ balances: [JSONValue]
  ) -> JSONValue {
    [
      "user_id": "\(user)", "as_of": JSONValue(time?.description), "balances": .array(balances),
    ]
  }

  static func transaction(_ entry: WalletEntry) -> JSONValue {
    [
      "transaction_id": "\(entry.subject)",
      "kind": .string(entry.kind.rawValue),
      "amount": money(entry.amount, entry.unit),
      "balance_after": money(entry.balanceAfter, entry.unit),
      "reason": .string(entry.reason),
      "ref_type": JSONValue(entry.reference?.type),
      "ref_id": JSONValue(entry.reference?.id),
      "created_at": "\(entry.recordedAt)",
    ]
  }

  static func posted(_ posted: WalletService.Posted, _ wish: WalletService.Wish) -> JSONValue {
    [
      "transaction_id": "\(posted.transaction)",
      "user_id": "\(wish.user)",
      "kind": .string(wish.direction.rawValue),
      "amount": money(wish.amount, wish.unit),
      "balance_after": money(posted.balanceAfter, wish.unit),
      "reason": .string(wish.reason),
      "ref_type": .string(wish.reference.type),
      "ref_id": .string(wish.reference.id),
      "expires_at": JSONValue(wish.expiresAt?.description),
      "created_at": "\(posted.postedAt)",
    ]
  }

  static func money(_ amount: Int, _ unit: WalletUnit) -> JSONValue {
    ["amount": .integer(amount), "currency": "\(unit)"]
  }
}
