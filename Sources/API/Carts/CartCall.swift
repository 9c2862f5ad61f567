internal import Domain
internal import HTTP
internal import Ledger
internal import Services

/// A request for a cart, once it is known whose cart and which. Loop-confined.
///
/// A cart is reached by the token or the cookie of its holder and by nothing else: there is no name for
/// somebody else's.
struct CartCall {
  let context: RequestContext
  let node: Node
  let target: CartService.Target
  /// The versions that the cart may have; nil for any. Only a route that asks for a condition looks at it.
  let versions: Set<Int>?
  /// What became of a guest's goods, where this request brought them to a member.
  let merger: CartStore.Merger?
  private var headers: [APIError.Header] = []

  /// Finds out whose cart is meant. Who comes with a token and with a guest's cookie gets what the guest had
  /// first.
  init(_ context: RequestContext, _ node: Node) async throws(APIError) {
    let description = context.request.route.description
    assert(description.entityTag != .none && description.cookie != nil, description.pattern)
    // The request's bytes are gone once its client is.
    let cookie = CartCookie.find(in: context.exchange)
    let user = context.request.foundPrincipal?.user
    versions =
      description.entityTag == .condition
      ? CartVersions.read(context.exchange.header(named: CartVersions.header)) : nil
    let tenant = context.tenant.id
    let (place, scope) = try await Self.place(of: context, node)
    var guest: Identifier?
    if let cookie {
      let tokens = try await CartRefusals.refusing { () async throws(CartService.Refusal) in
        try await node.carts.tokens(of: tenant)
      }
      guest = cookie.withUnsafeBytes(tokens.guest)
    }
    var merger: CartStore.Merger?
    var holder = guest.map(CartHolder.guest)
    if let user {
      holder = .member(user)
      if let guest {
        merger = try await CartRefusals.refusing { () async throws(CartService.Refusal) in
          try await node.carts.merge(guest: guest, into: user, tenant: tenant)
        }
        headers = [CartCookie.removal(of: context.exchange)]
      }
    }
    self.context = context
    self.node = node
    self.merger = merger
    target = CartService.Target(place: place, scope: scope, holder: holder, tenant: tenant)
  }

  /// The same call for a guest who has a cart from now on, where nobody was known.
  func withHolder() async throws(APIError) -> CartCall {
    if case .member = target.holder { return self }
    let tenant = target.tenant
    let guest: Identifier
    if case .guest(let known) = target.holder {
      guest = known
    } else {
      guest = node.carts.newGuest()
    }
    let tokens = try await CartRefusals.refusing { () async throws(CartService.Refusal) in
      try await node.carts.tokens(of: tenant)
    }
    return CartCall(
      self, holder: .guest(guest),
      CartCookie.header(tokens.sign(guest), of: context.exchange))
  }

  private init(_ call: CartCall, holder: CartHolder, _ header: APIError.Header) {
    context = call.context
    node = call.node
    versions = call.versions
    merger = call.merger
    target = CartService.Target(
      place: call.target.place, scope: call.target.scope, holder: holder,
      tenant: call.target.tenant)
    headers = [header]
  }

  /// The SKU that the path names; what is no SKU's name names nothing.
  func sku() throws(APIError) -> SKU {
    guard let sku = SKU(context.parameter("sku")) else { throw told(.notFound) }
    return sku
  }

  /// A refusal that tells of the merge as an answer does: that is done, whatever else is refused.
  func told(_ error: APIError) -> APIError {
    guard let merger else { return error }
    var details = error.details.object ?? JSONObject()
    details["merged"] = CartView.merged(merger)
    return APIError(
      error.code, status: error.status, details: .object(details), retryAfter: error.retryAfter,
      headers: error.headers + headers)
  }

  /// The answer that shows the cart.
  func answer(_ review: CartReview) -> APIResponse {
    let tag = APIError.Header("ETag", CartVersions.tag(review.record.version))
    return .data(
      CartView.cart(
        review, merger: merger, in: context.readerLanguage,
        offset: node.markets.rules(of: target.tenant, in: target.place.market)?.utcOffset ?? 0),
      headers: [tag] + headers)
  }

  // MARK: Which cart

  /// A sale's market is its own; else the query names the market, or the user has one, or the tenant.
  private static func place(
    of context: RequestContext, _ node: Node
  ) async throws(APIError) -> (CartPlace, OrderScope?) {
    let tenant = context.tenant
    let named = try context.namedMarket()
    if let text = try context.query.text("sale_id") {
      guard let sale = Identifier(text) else { throw .invalid("sale_id", "must be a UUID") }
      let found: OrderScope?
      do { found = try await node.saleDirectory.scope(of: sale, tenant.id) } catch {
        throw .unavailable
      }
      guard let scope = found else {
        throw APIError(.notFound, details: ["field": "sale_id"])
      }
      try context.checkMarket(of: scope)
      return (CartPlace(market: scope.market, scope: .sale(sale)), scope)
    }
    guard let market = named ?? context.readerMarket else {
      throw .notFound
    }
    do {
      let scope = try await node.openStock.scope(of: market, tenant.id)
      return (CartPlace(market: market, scope: .open), scope)
    } catch {
      throw .unavailable
    }
  }
}
