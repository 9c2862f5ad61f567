internal import Domain
internal import Ledger
internal import Postgres
internal import Services

/// Wallets, for their owners to see and for operators to credit and debit.
enum WalletRoutes {
  static let all: [Route<Node>] = [
    ownWallet, ownTransactions, wallet, transactions,
    posting(.credit, id: "creditWallet", summary: "Bring money, points or credits to a wallet."),
    posting(.debit, id: "debitWallet", summary: "Take some out, what expires first at first."),
  ]

  private static let ownWallet = Route<Node>(
    RouteDescription(
      .get, "/v1/wallet", id: "getWallet", summary: "What the caller has, by currency.", tag: tag,
      access: .permission(.walletUse), query: [moment],
      responses: [.init(200, "The wallet.", .data(WalletSchema.wallet))])
  ) { node in
    .ordinary { context throws(APIError) in
      try await wallet(of: context.principal.user, context, node)
    }
  }

  private static let ownTransactions = Route<Node>(
    RouteDescription(
      .get, "/v1/wallet/transactions", id: "listWalletTransactions",
      summary: "What came into the caller's wallet and went out of it, newest first.", tag: tag,
      access: .permission(.walletUse), query: QueryReader.page + [currency],
      responses: [.init(200, "A page.", .page(WalletSchema.transaction))])
  ) { node in
    .ordinary { context throws(APIError) in
      try await transactions(of: context.principal.user, context, node)
    }
  }

  private static let wallet = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/wallets/{user}", id: "getWalletOfUser",
      summary: "What a user has, by currency.", tag: tag, access: .permission(.walletRead),
      query: [moment], responses: [.init(200, "The wallet.", .data(WalletSchema.wallet))])
  ) { node in
    .ordinary { context throws(APIError) in
      try await wallet(of: try user(of: context), context, node)
    }
  }

  private static let transactions = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/wallets/{user}/transactions", id: "listWalletTransactionsOfUser",
      summary: "What came into a user's wallet and went out of it, newest first.", tag: tag,
      access: .permission(.walletRead), query: QueryReader.page + [currency],
      responses: [.init(200, "A page.", .page(WalletSchema.transaction))])
  ) { node in
    .ordinary { context throws(APIError) in
      try await transactions(of: try user(of: context), context, node)
    }
  }

  private static func posting(
    _ direction: WalletService.Wish.Direction, id: String, summary: String
  ) -> Route<Node> {
    Route<Node>(
      RouteDescription(
        .post, "/v1/admin/wallets/{user}/\(direction.rawValue)s", id: id, summary: summary,
        tag: tag, access: .permission(.walletWrite), idempotency: .required,
        body: .json(direction == .credit ? WalletSchema.credit : WalletSchema.posting),
        responses: [.init(201, "What was posted.", .data(WalletSchema.posted))],
        errors: direction == .credit ? [] : [.insufficientFunds])
    ) { node in
      .ordinary { context throws(APIError) in
        let wish = try WalletReader.wish(
          direction, try context.fields(), of: try user(of: context), tenant: context.tenant.id,
          by: context.principal.user, now: node.clock.now())
        return try await context.once(in: node.database) { transaction in
          try await post(wish, context, node, transaction)
        }
      }
    }
  }

  // MARK: What is done

  private static func post(
    _ wish: WalletService.Wish, _ context: RequestContext, _ node: Node,
    _ transaction: PostgresTransaction
  ) async throws -> APIResponse {
    do {
      let posted = try await node.wallets.post(wish, context.identity, in: transaction)
      let response = APIResponse.data(WalletView.posted(posted, wish), status: 201)
      return posted.isReplay ? response.asReplay : response
    } catch let refusal as WalletService.Refusal {
      throw error(refusal, wish)
    }
  }

  private static func error(
    _ refusal: WalletService.Refusal, _ wish: WalletService.Wish
  ) -> APIError {
    switch refusal {
    case .short(let available):
      APIError(
        .insufficientFunds,
        details: [
          "balance": WalletView.money(available, wish.unit),
          "needed": WalletView.money(wish.amount, wish.unit),
        ])
    case .overflow:
      .invalid("amount", "would take the wallet above \(WalletLimits.balance)")
    case .keyReused: APIError(.idempotencyKeyReuse)
    case .unavailable: .unavailable
    }
  }

  private static func wallet(
    of user: UserID, _ context: RequestContext, _ node: Node
  ) async throws(APIError) -> APIResponse {
    let moment = try WalletReader.moment(context.query)
    return try await refusing { () async throws(WalletService.Refusal) in
      guard let moment else {
        return .data(
          WalletView.wallet(
            try await node.wallets.balances(of: user, tenant: context.tenant.id), of: user))
      }
      let past = try await node.wallets.balances(of: user, tenant: context.tenant.id, at: moment)
      return .data(WalletView.wallet(past, of: user, at: moment))
    }
  }

  private static func transactions(
    of user: UserID, _ context: RequestContext, _ node: Node
  ) async throws(APIError) -> APIResponse {
    let limit = try context.query.limit()
    let cursor = try context.query.cursor { Int($0) }
    let unit = try WalletReader.unit(context.query)
    let entries = try await refusing { () async throws(WalletService.Refusal) in
      try await node.wallets.history(
        of: user, tenant: context.tenant.id, unit: unit, before: cursor, limit: limit + 1)
    }
    let page = entries.prefix(limit)
    return .page(
      page.map(WalletView.transaction),
      nextCursor: entries.count > limit ? page.last.map { "\($0.number)" } : nil)
  }

  static let tag = "Wallets"
  private static let moment = RouteDescription.QueryParameter(
    "at", "Tells what there was at this moment; now by default.", .instant)
  private static let currency = RouteDescription.QueryParameter(
    "currency", "Only of this wallet.", WalletSchema.unit)

  /// A capture that is no user's name names nobody.
  static func user(of context: RequestContext) throws(APIError) -> UserID {
    guard let user = UserID(context.parameter("user")) else { throw .notFound }
    return user
  }

  /// Says a refusal to tell something in the terms of the API.
  private static func refusing<Result>(
    _ body: () async throws(WalletService.Refusal) -> Result
  ) async throws(APIError) -> Result {
    do throws(WalletService.Refusal) {
      return try await body()
    } catch {
      throw .unavailable
    }
  }
}
