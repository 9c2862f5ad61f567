public import Domain
public import Redis

/// Reads which coupons of a campaign a user holds, as the cell has it.
public enum HeldCoupons {
  /// A coupon as its cell knows it.
  public struct Coupon: Sendable, Equatable {
    public let id: Identifier
    /// It was taken back by itself; one that fell with its campaign does not say so.
    public let isTakenBack: Bool
  }

  /// The coupons in the order of issue.
  ///
  /// - Throws: `RedisError` when the cell could not be asked.
  public static func read(
    of user: UserID, campaign: Identifier, keys: CellKeys, client: RedisClient
  ) async throws(RedisError) -> [Coupon] {
    let reply = try await client.send(
      RedisCommand("HGET", keys.holders(campaign), user.description))
    guard let text = reply.text else { return [] }
    return text.split(separator: ",").compactMap { coupon(in: $0, of: campaign) }
  }

  /// Whether the user was granted any, those that were taken back included.
  ///
  /// - Throws: `RedisError` when the cell could not be asked.
  public static func hasAny(
    _ user: UserID, campaign: Identifier, keys: CellKeys, client: RedisClient
  ) async throws(RedisError) -> Bool {
    try await client.send(RedisCommand("HEXISTS", keys.holders(campaign), user.description))
      .integer == 1
  }

  private static func coupon(in text: Substring, of campaign: Identifier) -> Coupon? {
    let words = text.split { $0 == ":" || $0 == "!" }
    guard words.count == 2, let sequence = Int(words[0]), let issued = Int64(words[1]) else {
      return nil
    }
    return Coupon(
      id: CouponIdentity.identifier(
        campaign: campaign, sequence: sequence, issuedAt: Instant(milliseconds: issued)),
      isTakenBack: text.hasSuffix("!"))
  }
}
