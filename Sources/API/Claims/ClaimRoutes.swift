internal import Domain
internal import Services

/// The crowd's route: first-come coupons.
enum ClaimRoutes {
  static let all: [Route<Node>] = [
    Route(claim) { node in
      let handler = ClaimHandler(node: node)
      return .hot { handler.handle($0) }
    }
  ]

  private static let claim = RouteDescription(
    .post, "/v1/campaigns/{id}/coupons", id: "claimCoupon",
    summary: "Claim a coupon of a campaign, first come, first served.", tag: "Coupons",
    access: .permission(.couponClaim), idempotency: .optional, body: .empty,
    responses: [
      .init(
        201, "The coupon was issued by this claim, or by an earlier one with the same key.",
        .data(coupon)),
      .init(200, "The user is at the limit: the coupon held already.", .data(coupon)),
    ],
    errors: [
      .notEligible, .notOpen, .notFound, .soldOut, .closed, .expired, .idempotencyKeyReuse,
      .rateLimited,
    ], rateClass: .hot, isBehindRoom: true)

  private static let coupon = Schema.object([
    .required("coupon_id", .identifier),
    .required("campaign_id", .identifier),
    .required("sequence", .integer.described("The coupon's place among its campaign's.")),
    .required("status", .constant("ISSUED")),
    .required("issued_at", .instant),
    .required("expires_at", .instant.nullable),
    .required(
      "acknowledged",
      .oneOf(["hot", "ledger"]).described("Where the coupon was safe when this was answered.")),
  ])
}
