internal import Domain
internal import Ledger

/// Writes campaigns and their coupons as operators see them.
enum CampaignView {
  static func campaign(_ record: CampaignStore.Record) -> JSONValue {
    campaign(
      record.campaign, issued: record.issued, createdBy: record.createdBy,
      createdAt: record.createdAt, updatedAt: record.updatedAt)
  }

  static func campaign(
    _ campaign: Campaign, issued: Int, createdBy: UserID, createdAt: Instant, updatedAt: Instant
  ) -> JSONValue {
    let terms = campaign.terms
    return [
      "campaign_id": "\(campaign.id)",
      "name": .string(campaign.name),
      "quantity": .integer(terms.quantity),
      "per_user_limit": .integer(terms.perUserLimit),
      "opens_at": "\(terms.opensAt)",
      "closes_at": "\(terms.closesAt)",
      "expires_at": JSONValue(campaign.expiresAt?.description),
      "discount": discount(campaign.discount),
      "eligibility": eligibility(campaign.eligibility),
      "acknowledge": .string(campaign.acknowledgement.rawValue),
      "room_id": JSONValue(campaign.room?.description),
      "rate_policy": terms.ratePolicy.map(ratePolicy) ?? nil,
      "issued": .integer(issued),
      "remaining": remaining(of: campaign, issued: issued),
      "cell": .string(campaign.cell.text),
      "version": .integer(campaign.version),
      "created_by": "\(createdBy)",
      "created_at": "\(createdAt)",
      "updated_at": "\(updatedAt)",
      "recalled_at": JSONValue(campaign.recalledAt?.description),
    ]
  }

  static func coupon(_ record: CouponStore.Record, of campaign: Campaign) -> JSONValue {
    [
      "coupon_id": "\(record.coupon)",
      "campaign_id": "\(campaign.id)",
      "sequence": .integer(record.sequence),
      "user_id": .string(record.user),
      "ordinal": .integer(record.ordinal),
      "status": .string(record.status.rawValue),
      "issued_at": "\(record.issuedAt)",
      "expires_at": JSONValue(campaign.expiresAt?.description),
      "used_at": JSONValue(record.history.usedAt?.description),
      "order_id": JSONValue(record.history.order?.description),
      "recalled_at": JSONValue(record.history.recalledAt?.description),
    ]
  }

  static func usage(_ usage: CouponStore.Usage, of campaign: Campaign) -> JSONValue {
    [
      "campaign_id": "\(campaign.id)",
      "quantity": .integer(campaign.terms.quantity),
      "issued": .integer(usage.issued),
      "used": .integer(usage.used),
      "recalled": .integer(usage.recalled),
      "remaining": remaining(of: campaign, issued: usage.issued),
      "discount_given": .array(usage.discounts.map { JSONValue($0) }),
      "recalled_at": JSONValue(campaign.recalledAt?.description),
    ]
  }

  /// What can still be issued; of a recalled campaign nothing.
  private static func remaining(of campaign: Campaign, issued: Int) -> JSONValue {
    .integer(campaign.recalledAt == nil ? campaign.terms.quantity - issued : 0)
  }

  static func discount(_ discount: Discount) -> JSONValue {
    switch discount {
    case .amount(let amount, let currency):
      return ["type": "amount", "value": .integer(amount), "currency": .string(currency)]
    case .rate(let points, let maximum, let currency):
      let percent: JSONValue =
        points % 100 == 0 ? .integer(points / 100) : .double(Double(points) / 100)
      var object = JSONObject()
      object["type"] = "rate"
      object["value"] = percent
      object["currency"] = currency.map(JSONValue.string)
      object["max"] = maximum.map(JSONValue.integer)
      return .object(object)
    }
  }

  private static func eligibility(_ eligibility: Eligibility) -> JSONValue {
    [
      "products": .array(eligibility.products.map(JSONValue.string)),
      "categories": .array(eligibility.categories.map(JSONValue.string)),
      "markets": .array(eligibility.markets.map(JSONValue.string)),
      "min_subtotal": JSONValue(eligibility.minimumSubtotal),
    ]
  }

  private static func ratePolicy(_ policy: RatePolicy) -> JSONValue {
    [
      "limit": .integer(policy.limit),
      "window_seconds": .integer(policy.windowMilliseconds / 1000),
      "burst": .integer(policy.burst),
      "scope": .string(policy.scope.rawValue),
    ]
  }
}
