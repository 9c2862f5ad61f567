/// The other side of what a wallet gets or gives: each entry of a wallet has an opposite one here.
public enum WalletCounterparty: Hashable, Sendable {
  /// Where money and points come from that users charge or are given.
  case funding
  /// What the tenant has earned.
  case revenue
  /// What has expired.
  case expiry
  /// What operators corrected.
  case adjustment
  /// Somebody whom users of the tenant pay.
  case merchant(String)

  /// How the ledger calls it.
  public var role: String {
    switch self {
    case .funding: "funding"
    case .revenue: "revenue"
    case .expiry: "expiry"
    case .adjustment: "adjustment"
    case .merchant: "merchant"
    }
  }

  /// Whose it is; empty for the tenant's own.
  public var owner: String {
    if case .merchant(let name) = self { name } else { "" }
  }
}
