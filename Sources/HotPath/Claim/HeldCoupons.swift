public import Domain
public import Redis

/// Reads which coupons of a campaign a user holds, as the cell has it.
public enum HeldCoupons {
  /// The ids of the coupons.
  ///
  /// - Throws: `RedisError` when the cell could not be asked.
  public static func read(
    of user: UserID, campaign: Identifier, keys: CellKeys, client: RedisClient
  ) async throws(RedisError) -> [Identifier] {
    let reply = try await client.send(
      RedisCommand("HGET", keys.holders(campaign), user.description))
    guard let text = reply.text else { return [] }
    return text.split(separator: ",").compactMap { coupon in
      let words = coupon.split(separator: ":")
      guard words.count == 2, let sequence = Int(words[0]), let issued = Int64(words[1]) else {
        return nil
      }
      return CouponIdentity.identifier(
        campaign: campaign, sequence: sequence, issuedAt: Instant(milliseconds: issued))
    }
  }
}
