internal import Domain
internal import Ledger
internal import Services

/// What of wallets is set aside, for their owners to see and for operators to place, pay and free.
enum HoldRoutes {
  static let all: [Route<Node>] = [ownHolds, holds, hold, place, capture, release]

  // MARK: Reading

  private static let ownHolds = Route<Node>(
    RouteDescription(
      .get, "/v1/wallet/holds", id: "listWalletHolds",
      summary: "What is and was set aside in the caller's wallet, newest first.",
      tag: WalletRoutes.tag, access: .permission(.walletUse), query: QueryReader.page + [status],
      responses: [.init(200, "A page.", .page(HoldSchema.hold))])
  ) { node in
    .ordinary { context throws(APIError) in
      try await list(of: context.principal.user, context, node)
    }
  }

  private static let holds = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/wallets/{user}/holds", id: "listWalletHoldsOfUser",
      summary: "What is and was set aside in a user's wallet, newest first.",
      tag: WalletRoutes.tag, access: .permission(.walletRead), query: QueryReader.page + [status],
      responses: [.init(200, "A page.", .page(HoldSchema.hold))])
  ) { node in
    .ordinary { context throws(APIError) in
      try await list(of: try WalletRoutes.user(of: context), context, node)
    }
  }

  private static let hold = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/wallets/{user}/holds/{hold}", id: "getWalletHold",
      summary: "One hold of a user, and what became of it.", tag: WalletRoutes.tag,
      access: .permission(.walletRead),
      responses: [.init(200, "The hold.", .data(HoldSchema.hold))])
  ) { node in
    .ordinary { context throws(APIError) in
      let (user, id) = (try WalletRoutes.user(of: context), try context.identifier("hold"))
      let hold = try await refusing { () async throws(HoldService.Refusal) in
        try await node.holds.hold(id, of: user, tenant: context.tenant.id)
      }
      return .data(HoldView.hold(hold))
    }
  }

  private static let status = RouteDescription.QueryParameter(
    "status", "Only holds in this status.", .oneOf(WalletHold.Status.self))

  private static func list(
    of user: UserID, _ context: RequestContext, _ node: Node
  ) async throws(APIError) -> APIResponse {
    let limit = try context.query.limit()
    let cursor = try context.query.cursor { Identifier($0) }
    let status: WalletHold.Status? = try context.query.choice("status")
    let holds = try await refusing { () async throws(HoldService.Refusal) in
      // One more than asked for tells whether another page follows.
      try await node.holds.holds(
        of: user, tenant: context.tenant.id, status: status, before: cursor, limit: limit + 1)
    }
    let page = holds.prefix(limit)
    return .page(
      page.map(HoldView.hold), nextCursor: holds.count > limit ? page.last?.id.description : nil)
  }

  private static func refusing<Result>(
    _ body: () async throws(HoldService.Refusal) -> Result
  ) async throws(APIError) -> Result {
    do throws(HoldService.Refusal) {
      return try await body()
    } catch {
      throw HoldChange.error(error)
    }
  }

  // MARK: Changes

  private static let place = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/wallets/{user}/holds", id: "placeWalletHold",
      summary: "Set part of a wallet aside, to be captured or released later.",
      tag: WalletRoutes.tag, access: .permission(.walletWrite), idempotency: .required,
      body: .json(HoldSchema.draft),
      responses: [.init(201, "The hold as it was placed.", .data(HoldSchema.hold))],
      errors: [.insufficientFunds])
  ) { node in
    .ordinary { context throws(APIError) in
      let wish = try HoldReader.wish(
        try context.fields(), of: try WalletRoutes.user(of: context), tenant: context.tenant.id,
        by: context.principal.user, now: node.clock.now())
      return try await HoldChange.place(wish, context, node)
    }
  }

  private static let capture = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/wallets/{user}/holds/{hold}/capture", id: "captureWalletHold",
      summary: "Pay what was set aside to the tenant, all or a part, and free the rest.",
      tag: WalletRoutes.tag, access: .permission(.walletWrite), idempotency: .required,
      body: .optional(HoldSchema.capture),
      responses: [.init(200, "The hold, captured.", .data(HoldSchema.hold))],
      errors: [.conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let part = try HoldReader.part(context.body)
      return try await HoldChange.end(.capture(part.amount), part, context, node)
    }
  }

  private static let release = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/wallets/{user}/holds/{hold}/release", id: "releaseWalletHold",
      summary: "Free all that was set aside.", tag: WalletRoutes.tag,
      access: .permission(.walletWrite), idempotency: .required, body: .empty,
      responses: [.init(200, "The hold, released.", .data(HoldSchema.hold))],
      errors: [.conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      try await HoldChange.end(.release, HoldReader.Part(), context, node)
    }
  }
}
