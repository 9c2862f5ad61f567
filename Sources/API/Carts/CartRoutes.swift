internal import Domain
internal import Services

/// Carts of members and guests. A cart becomes one order, so there is one for each market, and one for each
/// sale.
enum CartRoutes {
  static let all: [Route<Node>] = [
    read, putItem, removeItem, clear, putCoupon, removeCoupon, merge,
  ]

  private static let read = Route<Node>(
    RouteDescription(
      .get, "/v1/cart", id: "getCart",
      summary: "The caller's cart, each item and all sums looked at anew.", tag: tag,
      access: .visitor, query: query,
      responses: [.init(200, "The cart; an empty one where there is none.", content)],
      errors: [.notFound], entityTag: .version, cookie: cookie)
  ) { node in
    .ordinary { context throws(APIError) in
      let call = try await CartCall(context, node)
      return try await call.answered { () async throws(CartService.Refusal) in
        try await node.carts.read(call.target)
      }
    }
  }

  private static let putItem = Route<Node>(
    RouteDescription(
      .put, "/v1/cart/items/{sku}", id: "putCartItem",
      summary: "Put so many pieces of a SKU into the cart. \(versionRule)", tag: tag,
      access: .visitor, body: .json(CartSchema.quantity), query: query,
      responses: [
        .init(200, "The cart. A guest is known by the cookie that comes with it.", content)
      ],
      errors: [.notFound, .conflict, .soldOut, .limitReached], entityTag: .condition,
      cookie: cookie)
  ) { node in
    .ordinary { context throws(APIError) in
      let quantity = try context.fields().required("quantity").integer(in: CartBounds.quantity)
      let call = try await CartCall(context, node).withHolder()
      let sku = try call.sku()
      return try await call.answered((sku, quantity)) { () async throws(CartService.Refusal) in
        try await node.carts.put(
          sku, quantity: quantity, in: call.target, versions: call.versions)
      }
    }
  }

  private static let removeItem = Route<Node>(
    RouteDescription(
      .delete, "/v1/cart/items/{sku}", id: "removeCartItem",
      summary: "Take a SKU out of the cart, if it is there. \(versionRule)", tag: tag,
      access: .visitor, query: query, responses: [.init(200, "The cart.", content)],
      errors: [.notFound, .conflict], entityTag: .condition, cookie: cookie)
  ) { node in
    .ordinary { context throws(APIError) in
      let call = try await CartCall(context, node)
      let sku = try call.sku()
      return try await call.answered { () async throws(CartService.Refusal) in
        try await node.carts.remove(sku, from: call.target, versions: call.versions)
      }
    }
  }

  private static let clear = Route<Node>(
    RouteDescription(
      .delete, "/v1/cart", id: "clearCart",
      summary: "Take everything out of the cart, its coupon too. \(versionRule)", tag: tag,
      access: .visitor, query: query, responses: [.init(200, "The empty cart.", content)],
      errors: [.notFound, .conflict], entityTag: .condition, cookie: cookie)
  ) { node in
    .ordinary { context throws(APIError) in
      let call = try await CartCall(context, node)
      return try await call.answered { () async throws(CartService.Refusal) in
        try await node.carts.clear(call.target, versions: call.versions)
      }
    }
  }

  private static let putCoupon = Route<Node>(
    RouteDescription(
      .put, "/v1/cart/coupon", id: "putCartCoupon",
      summary:
        "Choose one of the caller's coupons; the cart tells whether it goes with what is in it. "
        + versionRule, tag: tag, access: .permission(.personalUse),
      body: .json(CartSchema.couponChoice),
      query: query, responses: [.init(200, "The cart.", content)], errors: [.notFound, .conflict],
      entityTag: .condition, cookie: cookie)
  ) { node in
    .ordinary { context throws(APIError) in
      let coupon = try context.fields().required("coupon_id").identifier()
      let call = try await CartCall(context, node)
      return try await call.answered { () async throws(CartService.Refusal) in
        try await node.carts.put(coupon: coupon, in: call.target, versions: call.versions)
      }
    }
  }

  private static let removeCoupon = Route<Node>(
    RouteDescription(
      .delete, "/v1/cart/coupon", id: "removeCartCoupon",
      summary: "Do without a coupon. \(versionRule)", tag: tag, access: .permission(.personalUse),
      query: query, responses: [.init(200, "The cart.", content)], errors: [.notFound, .conflict],
      entityTag: .condition, cookie: cookie)
  ) { node in
    .ordinary { context throws(APIError) in
      let call = try await CartCall(context, node)
      return try await call.answered { () async throws(CartService.Refusal) in
        try await node.carts.removeCoupon(from: call.target, versions: call.versions)
      }
    }
  }

  private static let merge = Route<Node>(
    RouteDescription(
      .post, "/v1/cart/merge", id: "mergeCart",
      summary:
        "Add all that the guest of the cookie has in carts to the caller's own, once. Every other route "
        + "of the cart does the same for a caller with a token and that cookie.", tag: tag,
      access: .permission(.personalUse), body: .empty, query: query,
      responses: [.init(200, "The caller's cart.", content)], errors: [.notFound],
      entityTag: .version, cookie: cookie)
  ) { node in
    .ordinary { context throws(APIError) in
      let call = try await CartCall(context, node)
      return try await call.answered { () async throws(CartService.Refusal) in
        try await node.carts.read(call.target)
      }
    }
  }

  private static let tag = "Cart"
  private static let cookie = "\(CartCookie.name)"
  private static let versionRule =
    "With If-Match only if the cart still has that version, else 409 CONFLICT."
  private static let content = RouteDescription.Response.Content.data(CartSchema.cart)

  private static let query = [
    RouteDescription.QueryParameter(
      "market", "The market; the user's own by default, or the tenant's. A sale has its own.",
      .market),
    RouteDescription.QueryParameter(
      "sale_id", "The sale whose goods are meant; without it, those of the open stock.",
      .identifier),
  ]
}

extension CartCall {
  /// Shows the cart that `body` returns, or says why there is none.
  func answered(
    _ wish: (SKU, Int)? = nil, _ body: () async throws(CartService.Refusal) -> CartReview
  ) async throws(APIError) -> APIResponse {
    do throws(APIError) {
      return answer(try await CartRefusals.refusing(wish, body))
    } catch {
      throw told(error)
    }
  }
}
