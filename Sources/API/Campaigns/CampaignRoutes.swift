internal import Domain
internal import HTTP
internal import Services

/// Campaigns as operators manage them, and sellers their own.
enum CampaignRoutes {
  static let all: [Route<Node>] = [create, list, read, change, usage, issues]

  private static let create = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/campaigns", id: "createCampaign",
      summary: "Create a campaign; a seller's within what its markets allow sellers.", tag: tag,
      access: .scoped(.campaignWrite, own: .campaignOwn), body: .json(CampaignSchema.draft),
      responses: [.init(201, "The campaign.", .data(CampaignSchema.campaign))])
  ) { node in
    .ordinary { context throws(APIError) in
      let draft = try CampaignReader.draft(try context.fields())
      let record = try await refusing { () async throws(OperatorRefusal) in
        try await node.campaigns.create(
          draft, for: context.tenant, by: context.principal.user,
          isSellers: context.owner != nil)
      }
      return .data(CampaignView.campaign(record), status: 201)
    }
  }

  private static let list = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/campaigns", id: "listCampaigns", summary: "Campaigns, newest first.",
      tag: tag, access: .scoped(.campaignRead, own: .campaignOwn), query: QueryReader.page,
      responses: [.init(200, "A page.", .page(CampaignSchema.campaign))])
  ) { node in
    .ordinary { context throws(APIError) in
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { Identifier($0) }
      let records = try await refusing { () async throws(OperatorRefusal) in
        // One more than asked for tells whether another page follows.
        try await node.campaigns.list(
          of: context.tenant.id, madeBy: context.owner, before: cursor, limit: limit + 1)
      }
      let page = records.prefix(limit)
      return .page(
        page.map(CampaignView.campaign),
        nextCursor: records.count > limit ? page.last?.campaign.id.description : nil)
    }
  }

  private static let read = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/campaigns/{id}", id: "getCampaign", summary: "One campaign.", tag: tag,
      access: .scoped(.campaignRead, own: .campaignOwn),
      responses: [.init(200, "The campaign.", .data(CampaignSchema.campaign))])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let record = try await refusing { () async throws(OperatorRefusal) in
        try await node.campaigns.find(id, of: context.tenant.id, madeBy: context.owner)
      }
      return .data(CampaignView.campaign(record))
    }
  }

  private static let change = Route<Node>(
    RouteDescription(
      .patch, "/v1/admin/campaigns/{id}", id: "changeCampaign",
      summary:
        "Change what is named; a part is replaced as a whole. A seller's stays within what its markets allow sellers.",
      tag: tag, access: .scoped(.campaignWrite, own: .campaignOwn),
      body: .json(CampaignSchema.change),
      responses: [.init(200, "The changed campaign.", .data(CampaignSchema.campaign))],
      errors: [.conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let change = try CampaignReader.change(try context.fields())
      let record = try await refusing { () async throws(OperatorRefusal) in
        try await node.campaigns.change(
          id, of: context.tenant.id, madeBy: context.owner, change)
      }
      return .data(CampaignView.campaign(record))
    }
  }

  private static let usage = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/campaigns/{id}/usage", id: "getCampaignUsage",
      summary: "What became of a campaign's coupons, as the ledger has them.", tag: tag,
      access: .scoped([.campaignRead, .couponRead], own: .campaignOwn),
      responses: [.init(200, "Counts and sums.", .data(CampaignSchema.usage))])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let found = try await refusing { () async throws(OperatorRefusal) in
        try await node.campaigns.usage(
          of: id, tenant: context.tenant.id, madeBy: context.owner)
      }
      return .data(CampaignView.usage(found.usage, of: found.record.campaign))
    }
  }

  private static let issues = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/campaigns/{id}/issues", id: "listIssuedCoupons",
      summary: "A campaign's coupons in the order of issue, as the ledger has them.", tag: tag,
      access: .scoped([.campaignRead, .couponRead], own: .campaignOwn),
      query: QueryReader.page + [
        .init("status", "Only those of this status.", .oneOf(CouponStatus.self))
      ],
      responses: [.init(200, "A page.", .page(CampaignSchema.coupon))])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { Int($0).flatMap { $0 >= 0 ? $0 : nil } } ?? 0
      let status = try context.query.choice("status", of: CouponStatus.self)
      let tenant = context.tenant.id
      let campaign = try await refusing { () async throws(OperatorRefusal) in
        try await node.campaigns.find(id, of: tenant, madeBy: context.owner)
      }.campaign
      let records = try await refusing { () async throws(OperatorRefusal) in
        try await node.campaigns.issues(
          of: id, tenant: tenant, status: status, after: cursor, limit: limit + 1)
      }
      let page = records.prefix(limit)
      return .page(
        page.map { CampaignView.coupon($0, of: campaign) },
        nextCursor: records.count > limit ? page.last.map { String($0.sequence) } : nil)
    }
  }

  static let tag = "Campaigns"
}
