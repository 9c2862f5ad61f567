internal import Domain

/// What every access token must keep to.
public enum TokenRules {
  /// The `aud` that must be named.
  public static let audience: StaticString = "spillway"
  /// How far the clocks of issuer and verifier may differ, for `exp` and `nbf`.
  public static let leeway: Duration = .seconds(30)
  /// Longest token in bytes.
  public static let maximumCount = 4096

  /// The first instant at which a token that expires at `expiresAt` is refused.
  static func end(_ expiresAt: Instant) -> Instant {
    Instant(milliseconds: expiresAt.milliseconds + leewayMilliseconds)
  }

  static let leewayMilliseconds: Int64 = leeway.wholeMilliseconds
}
