internal import Domain
internal import Ledger

/// Writes holds.
enum HoldView {
  static func hold(_ hold: WalletHold) -> JSONValue {
    [
      "hold_id": "\(hold.id)",
      "user_id": "\(hold.user)",
      "status": .string(hold.status.rawValue),
      "amount": WalletView.money(hold.amount, hold.unit),
      "captured": WalletView.money(hold.captured, hold.unit),
      "reason": .string(hold.reason),
      "ref_type": JSONValue(hold.reference?.type),
      "ref_id": JSONValue(hold.reference?.id),
      "expires_at": JSONValue(hold.expiresAt?.description),
      "created_at": "\(hold.createdAt)",
      "settled_at": JSONValue(hold.settledAt?.description),
      "balance_after": hold.balanceAfter.map { WalletView.money($0, hold.unit) } ?? .null,
    ]
  }
}
