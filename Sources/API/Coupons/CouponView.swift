internal import Domain
internal import Ledger

/// Writes what there is to say of coupons.
enum CouponView {
  /// What a holder is told of a coupon's state.
  static let statuses = CouponStatus.allCases.map(\.rawValue) + [expired]
  private static let expired = "EXPIRED"

  /// A coupon as its holder sees it.
  static func held(_ held: CouponStore.Held, at now: Instant) -> JSONValue {
    let campaign = held.campaign
    let hasEnded = campaign.expiresAt.map { now >= $0 } ?? false
    return [
      "coupon_id": "\(held.coupon.id)",
      "campaign_id": "\(campaign.id)",
      "name": .string(campaign.name),
      "status": .string(
        held.coupon.status == .issued && hasEnded ? expired : held.coupon.status.rawValue),
      "issued_at": "\(held.coupon.issuedAt)",
      "expires_at": JSONValue(campaign.expiresAt?.description),
      "discount": CampaignView.discount(campaign.discount),
      "min_subtotal": JSONValue(campaign.eligibility.minimumSubtotal),
      "used_at": JSONValue(held.history.usedAt?.description),
      "order_id": JSONValue(held.history.order?.description),
      "recalled_at": JSONValue(held.history.recalledAt?.description),
    ]
  }

  /// A refusal that names the coupon and says why it does not go with an order, for programs and people.
  ///
  /// - Parameter offset: minutes that the reader's clock is ahead of UTC.
  static func refusal(
    _ refusal: CouponRefusal, in language: Language, offset: Int
  ) -> APIError {
    var details = JSONObject()
    details["field"] = "coupon_id"
    details["reason"] = .string(refusal.reason)
    details["explanation"] = .string(refusal.explanation(in: language, offset: offset))
    switch refusal {
    case .expired(let instant): details["expired_at"] = "\(instant)"
    case .minimum(let sum): details["min_subtotal"] = JSONValue(sum)
    case .market(let markets): details["markets"] = .array(markets.map(JSONValue.string))
    case .currency(let currency): details["currency"] = .string(currency)
    case .used, .recalled, .goods: break
    }
    return APIError(refusal.code, details: .object(details))
  }
}
