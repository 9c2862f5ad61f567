/// The bounds of wallets, in minor units. The ledger's functions know the same.
public enum WalletLimits {
  /// The most that one credit, debit, hold or refund may be.
  public static let posting = 1_000_000_000_000
  /// The most that a wallet may hold: the largest integer that every JSON reader takes exactly.
  public static let balance = 9_007_199_254_740_991
  /// Longest reason, in characters.
  public static let reason = 500
  /// Longest kind of reference and reference, in characters.
  public static let referenceType = 64
  public static let reference = 200
}
