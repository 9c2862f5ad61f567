internal import Domain
internal import HTTP
internal import Services

/// Campaigns and coupons that operators, and sellers of their own, take back.
enum RecallRoutes {
  static let all: [Route<Node>] = [campaign, coupon, user]

  private static let campaign = route(
    "/v1/admin/campaigns/{id}/recall", id: "recallCampaign",
    summary: "End a campaign and make its unused coupons worthless, at once and for good.",
    answer: "The campaign, recalled by this request or by an earlier one.", CampaignSchema.campaign
  ) { node, context, wish throws(OperatorRefusal) in
    let record = try await node.campaigns.recall(
      wish.campaign, of: wish.tenant, madeBy: wish.creator, by: wish.actor, reason: wish.reason)
    return CampaignView.campaign(record)
  }

  private static let coupon = route(
    "/v1/admin/campaigns/{id}/coupons/{coupon}/recall", id: "recallCoupon",
    summary: "Take one coupon back: worthless if it was not used, and its user gets no other.",
    answer: "The coupon, taken back by this request or by an earlier one; a used one stays so.",
    CampaignSchema.coupon
  ) { node, context, wish throws(OperatorRefusal) in
    guard let coupon = Identifier(context.parameter("coupon")) else { throw .notFound }
    let recalled = try await node.couponRecalls.recall(coupon, wish)
    return CampaignView.coupon(recalled.coupon, of: recalled.campaign)
  }

  private static let user = route(
    "/v1/admin/campaigns/{id}/users/{user}/recall", id: "recallCouponsOfUser",
    summary: "Take back all coupons of a campaign that one user holds.",
    answer: "All coupons of the user, none if there are none; used ones stay so.",
    CampaignSchema.couponsOfUser
  ) { node, context, wish throws(OperatorRefusal) in
    guard let user = UserID(context.parameter("user")) else { throw .notFound }
    let recalled = try await node.couponRecalls.recallAll(of: user, wish)
    return [
      "campaign_id": "\(wish.campaign)", "user_id": "\(user)",
      "coupons": .array(recalled.coupons.map { CampaignView.coupon($0, of: recalled.campaign) }),
    ]
  }

  /// A route that takes something of a campaign back, for a reason.
  private static func route(
    _ pattern: String, id: String, summary: String, answer: String, _ schema: Schema,
    _ take:
      @escaping @Sendable (Node, RequestContext, CouponRecalls.Wish) async throws(OperatorRefusal)
      -> JSONValue
  ) -> Route<Node> {
    Route<Node>(
      RouteDescription(
        .post, pattern, id: id, summary: summary, tag: CampaignRoutes.tag,
        access: .scoped(.couponRecall, own: .campaignOwn), idempotency: .optional,
        body: .json(CampaignSchema.recall), responses: [.init(200, answer, .data(schema))])
    ) { node in
      .ordinary { context throws(APIError) in
        let wish = CouponRecalls.Wish(
          campaign: try context.identifier("id"), tenant: context.tenant.id,
          creator: context.owner, actor: context.principal.user,
          reason: try context.fields().required("reason").text(
            length: CampaignFields.reasonLength))
        return .data(
          try await refusing { () async throws(OperatorRefusal) in
            try await take(node, context, wish)
          })
      }
    }
  }
}
