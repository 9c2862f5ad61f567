internal import Domain
internal import HTTP
internal import Services

/// Coupons as their holders see them.
enum CouponRoutes {
  static let all: [Route<Node>] = [list, read]

  private static let list = Route<Node>(
    RouteDescription(
      .get, "/v1/coupons", id: "listCoupons",
      summary: "The caller's coupons, newest first. Those of the last moment follow.", tag: tag,
      access: .permission(.personalUse), query: QueryReader.page,
      responses: [.init(200, "A page.", .page(CampaignSchema.heldCoupon))])
  ) { node in
    .ordinary { context throws(APIError) in
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { Identifier($0) }
      let coupons = try await refusing { () async throws(OperatorRefusal) in
        // One more than asked for tells whether another page follows.
        try await node.campaigns.held(
          by: context.principal.user, of: context.tenant.id, before: cursor, limit: limit + 1)
      }
      let page = coupons.prefix(limit)
      let now = node.clock.now()
      return .page(
        page.map { CouponView.held($0, at: now) },
        nextCursor: coupons.count > limit ? page.last?.coupon.id.description : nil)
    }
  }

  private static let read = Route<Node>(
    RouteDescription(
      .get, "/v1/coupons/{id}", id: "getCoupon", summary: "One of the caller's coupons.", tag: tag,
      access: .permission(.personalUse),
      responses: [.init(200, "The coupon.", .data(CampaignSchema.heldCoupon))])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let held = try await refusing { () async throws(OperatorRefusal) in
        try await node.campaigns.held(id, by: context.principal.user, of: context.tenant.id)
      }
      return .data(CouponView.held(held, at: node.clock.now()))
    }
  }

  private static let tag = "Coupons"
}
