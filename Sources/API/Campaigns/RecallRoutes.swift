internal import Domain
internal import HTTP
internal import Services

/// Campaigns and coupons that operators, and sellers of their own, take back.
enum RecallRoutes {
  static let all: [Route<Node>] = [campaign, coupon, user]

  private static let campaign = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/campaigns/{id}/recall", id: "recallCampaign",
      summary: "End a campaign and make its unused coupons worthless, at once and for good.",
      tag: CampaignRoutes.tag, access: access, idempotency: .optional,
      body: .json(CampaignSchema.recall),
      responses: [
        .init(
          200, "The campaign, recalled by this request or by an earlier one.",
          .data(CampaignSchema.campaign))
      ])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let reason = try reason(context)
      let record = try await CampaignRoutes.refusing { () async throws(CampaignRefusal) in
        try await node.campaigns.recall(
          id, of: context.tenant.id, madeBy: context.owner, by: context.principal.user,
          reason: reason)
      }
      return .data(CampaignView.campaign(record))
    }
  }

  private static let coupon = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/campaigns/{id}/coupons/{coupon}/recall", id: "recallCoupon",
      summary: "Take one coupon back: worthless if it was not used, and its user gets no other.",
      tag: CampaignRoutes.tag, access: access, idempotency: .optional,
      body: .json(CampaignSchema.recall),
      responses: [
        .init(
          200, "The coupon, taken back by this request or by an earlier one; a used one stays so.",
          .data(CampaignSchema.coupon))
      ])
  ) { node in
    .ordinary { context throws(APIError) in
      let wish = try wish(context)
      let coupon = try context.identifier("coupon")
      let recalled = try await CampaignRoutes.refusing { () async throws(CampaignRefusal) in
        try await node.couponRecalls.recall(coupon, wish)
      }
      return .data(CampaignView.coupon(recalled.coupon, of: recalled.campaign))
    }
  }

  private static let user = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/campaigns/{id}/users/{user}/recall", id: "recallCouponsOfUser",
      summary: "Take back all coupons of a campaign that one user holds.",
      tag: CampaignRoutes.tag, access: access, idempotency: .optional,
      body: .json(CampaignSchema.recall),
      responses: [
        .init(
          200, "All coupons of the user, none if there are none; used ones stay so.",
          .data(CampaignSchema.couponsOfUser))
      ])
  ) { node in
    .ordinary { context throws(APIError) in
      let wish = try wish(context)
      guard let user = UserID(context.parameter("user")) else { throw .notFound }
      let recalled = try await CampaignRoutes.refusing { () async throws(CampaignRefusal) in
        try await node.couponRecalls.recallAll(of: user, wish)
      }
      return .data([
        "campaign_id": "\(wish.campaign)", "user_id": "\(user)",
        "coupons": .array(
          recalled.coupons.map { CampaignView.coupon($0, of: recalled.campaign) }),
      ])
    }
  }

  private static let access = RouteDescription.Access.scoped(.couponRecall, own: .campaignOwn)

  private static func wish(_ context: RequestContext) throws(APIError) -> CouponRecalls.Wish {
    CouponRecalls.Wish(
      campaign: try context.identifier("id"), tenant: context.tenant.id, creator: context.owner,
      actor: context.principal.user, reason: try reason(context))
  }

  private static func reason(_ context: RequestContext) throws(APIError) -> String {
    try context.fields().required("reason").text(length: CampaignFields.reasonLength)
  }
}
