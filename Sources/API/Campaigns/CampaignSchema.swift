internal import Domain

/// The forms of campaigns in requests and answers.
enum CampaignSchema {
  static let draft = Schema.object([
    .required("name", name), .required("quantity", quantity),
    .required("per_user_limit", perUserLimit), .required("opens_at", opensAt),
    .required("closes_at", closesAt), .optional("expires_at", expiresAt.nullable),
    .required("discount", discount), .optional("eligibility", eligibility.nullable),
    .optional("acknowledge", acknowledge),
    .optional("rate_policy", ratePolicy.nullable), .optional("room_id", room.nullable),
  ]).named("CampaignDraft")

  static let change = Schema.object([
    .optional("name", name),
    .optional("quantity", quantity.described("Can only be raised.")),
    .optional("per_user_limit", perUserLimit.described("Can only be raised.")),
    .optional("opens_at", opensAt), .optional("closes_at", closesAt),
    .optional("expires_at", expiresAt.nullable), .optional("discount", discount),
    .optional("eligibility", eligibility.nullable), .optional("acknowledge", acknowledge),
    .optional("rate_policy", ratePolicy.nullable), .optional("room_id", room.nullable),
  ]).named("CampaignChange")

  static let campaign = Schema.object([
    .required("campaign_id", .identifier), .required("name", name),
    .required("quantity", quantity), .required("per_user_limit", perUserLimit),
    .required("opens_at", opensAt), .required("closes_at", closesAt),
    .required("expires_at", expiresAt.nullable), .required("discount", discount),
    .required("eligibility", eligibility), .required("acknowledge", acknowledge),
    .required("room_id", room.nullable),
    .required("rate_policy", ratePolicy.nullable),
    .required(
      "issued", Schema.integer.described("Coupons in the ledger; the last moment's follow.")),
    .required("remaining", remaining),
    .required("cell", Schema.string.described("The cell that decides its claims.")),
    .required("version", Schema.integer.described("Counts the changes.")),
    .required("created_by", .text(1...UserID.maximumCount)),
    .required("created_at", .instant), .required("updated_at", .instant),
    .required(
      "recalled_at",
      Schema.instant.nullable.described("Since when its unused coupons are worthless.")),
  ]).named("Campaign")

  static let coupon = Schema.object([
    .required("coupon_id", .identifier), .required("campaign_id", .identifier),
    .required("sequence", Schema.integer.described("1 for the first coupon issued.")),
    .required("user_id", .text(1...UserID.maximumCount)),
    .required("ordinal", Schema.integer.described("The user's first, second … of the campaign.")),
    .required("status", .oneOf(CouponStatus.self)), .required("issued_at", .instant),
    .required("expires_at", expiresAt.nullable), .required("used_at", usedAt),
    .required("order_id", order), .required("recalled_at", recalledAt),
  ]).named("IssuedCoupon")

  static let recall = Schema.object([
    .required("reason", .text(CampaignFields.reasonLength))
  ]).named("CampaignRecall")

  static let couponsOfUser = Schema.object([
    .required("campaign_id", .identifier), .required("user_id", .text(1...UserID.maximumCount)),
    .required("coupons", .list(of: coupon)),
  ]).named("CouponsOfUser")

  static let usage = Schema.object([
    .required("campaign_id", .identifier), .required("quantity", .integer),
    .required("issued", .integer), .required("used", .integer), .required("recalled", .integer),
    .required("remaining", remaining),
    .required(
      "discount_given",
      Schema.list(of: .money).described("With used coupons, one sum a currency.")),
    .required("recalled_at", Schema.instant.nullable),
  ]).named("CampaignUsage")

  static let heldCoupon = Schema.object([
    .required("coupon_id", .identifier), .required("campaign_id", .identifier),
    .required("name", name.described("The campaign's.")),
    .required("status", .oneOf(CouponView.statuses)), .required("issued_at", .instant),
    .required("expires_at", expiresAt.nullable), .required("discount", discount),
    .required(
      "min_subtotal", Schema.integer.nullable.described("Minor units that the goods must cost.")),
    .required("used_at", usedAt), .required("order_id", order),
    .required("recalled_at", recalledAt),
  ]).named("HeldCoupon")

  // MARK: Parts

  private static let name = Schema.text(CampaignTerms.Bounds.nameLength)
  private static let quantity = Schema.integer(CampaignTerms.Bounds.quantity)
  private static let perUserLimit = Schema.integer(CampaignTerms.Bounds.perUserLimit)
  private static let opensAt = Schema.instant.described("From then on coupons are issued.")
  private static let closesAt = Schema.instant.described("From then on none are.")
  private static let expiresAt = Schema.instant.described(
    "When issued coupons end. From then on none are issued either.")
  private static let usedAt = Schema.instant.nullable.described(
    "When an order was paid with it; null again once the coupon came back.")
  private static let order = Schema.identifier.nullable.described(
    "The order that was paid with it.")
  private static let recalledAt = Schema.instant.nullable.described(
    "Since when it is recalled, by itself or with its campaign.")
  private static let acknowledge = Schema.oneOf(Acknowledgement.self).described(
    "When a claim is answered: hot, once Redis has it; ledger, once Postgres has it.")
  private static let remaining = Schema.integer.described(
    "That can still be issued: the quantity less issued; 0 once it is recalled.")
  private static let room = Schema.identifier.described(
    "The waiting room that claimers come through.")
  private static let currency = Schema.pattern(CampaignFields.currencyPattern)

  static let discount = Schema.object([
    .required("type", .oneOf(CampaignFields.DiscountType.self)),
    .required(
      "value",
      Schema.number.described(
        "For rate: percent, at most two decimals. For amount: minor units of the currency.")),
    .optional(
      "currency",
      currency.described(
        "Required for amount: a currency, or `POINT`. Prices in others are left as they are.")),
    .optional(
      "max", Schema.integer(CampaignFields.amount).described("For rate: minor units at most.")),
  ]).named("Discount")

  private static let eligibility = Schema.object([
    .optional("products", entries), .optional("categories", entries),
    .optional(
      "markets",
      .list(of: .pattern(CampaignFields.marketPattern), limit: CampaignFields.listLength)),
    .optional(
      "min_subtotal",
      Schema.integer(CampaignFields.amount).nullable.described("Minor units of an order.")),
  ]).named("Eligibility")

  private static let entries = Schema.list(
    of: .text(CampaignFields.entryLength), limit: CampaignFields.listLength)

  private static let ratePolicy = Schema.object([
    .required("limit", Schema.integer(CampaignFields.rateLimit).described("Claims a window.")),
    .required("window_seconds", .integer(CampaignFields.windowSeconds)),
    .optional("burst", Schema.integer.described("Claims at once; the limit by default.")),
    .optional(
      "scope", Schema.oneOf(CampaignFields.rateScopes.map(\.rawValue)).described("user by default.")
    ),
  ]).named("RatePolicy")
}
