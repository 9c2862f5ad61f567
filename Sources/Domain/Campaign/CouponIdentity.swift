/// The id of a coupon, as a pure function of what is known about it.
///
/// A coupon is known by its campaign and sequence; its id is derived from them and the instant of
/// issue. So an id need not travel to Redis or be kept there, and a fact replayed gives the same id.
/// The shape is that of a UUIDv7 (RFC 9562, section 5.7) whose random part is a mix of campaign and
/// sequence.
public enum CouponIdentity {
  public static func identifier(campaign: Identifier, sequence: Int, issuedAt: Instant)
    -> Identifier
  {
    let first = mix(campaign.low ^ UInt64(bitPattern: Int64(sequence)))
    let second = mix(first ^ campaign.high)
    let milliseconds = UInt64(bitPattern: issuedAt.milliseconds)
    let high = milliseconds << 16 | 0x7000 | (second >> 52)
    // A bijection of the sequence within a campaign, but for the two bits of the variant.
    let low = 0x8000_0000_0000_0000 | (first & 0x3FFF_FFFF_FFFF_FFFF)
    return Identifier(high: high, low: low)
  }

  /// The sequence of a coupon of a campaign; nil when its id cannot be one of the campaign's.
  ///
  /// What the variant's bits hide leaves four candidates, of which no more than one is the sequence of a
  /// coupon, but for odds of one in billions: whoever looks it up compares the ids.
  public static func sequence(of coupon: Identifier, campaign: Identifier) -> Int? {
    let known = coupon.low & 0x3FFF_FFFF_FFFF_FFFF
    for hidden in UInt64(0)..<4 {
      let sequence = unmix(known | hidden << 62) ^ campaign.low
      if sequence > 0, sequence <= UInt64(CampaignTerms.Bounds.quantity.upperBound) {
        return Int(sequence)
      }
    }
    return nil
  }

  /// The finalizer of SplitMix64 (Steele, Lea, Flood, 2014): a bijection whose bits all depend on
  /// all of the input's.
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Undoes ``mix(_:)``: the multipliers are the inverses of its own, modulo 2 to the 64th.
  private static func unmix(_ value: UInt64) -> UInt64 {
    var z = value ^ (value >> 31) ^ (value >> 62)
    z = z &* 0x3196_42B2_D24D_8EC3
    z = z ^ (z >> 27) ^ (z >> 54)
    z = z &* 0x96DE_1B17_3F11_9089
    z = z ^ (z >> 30) ^ (z >> 60)
    return z &- 0x9E37_79B9_7F4A_7C15
  }
}
