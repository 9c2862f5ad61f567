import Domain
import Services
import TestSupport
import Testing

@testable import API

/// Orders, coupons and carts of somebody else, on every route that takes one: they do not exist.
@Suite struct StrangerTests {
  /// Routes of buyers that name something which has an owner.
  private static let routes = SpillwayRoutes.table.descriptions.filter { route in
    ["/v1/orders/{id}", "/v1/coupons/{id}"].contains { route.pattern.hasPrefix($0) }
  }

  private static func body(of operation: String) -> String? {
    switch operation {
    case "payOrder": #"{"method":"wallet"}"#
    case "cancelOrder", "refundOrder": #"{"reason":"mine"}"#
    default: nil
    }
  }

  @Test func `the routes that name what has an owner are these`() {
    #expect(
      Set(Self.routes.map(\.operationID)) == [
        "getOrder", "payOrder", "cancelOrder", "refundOrder", "getReceipt", "getCoupon",
      ])
  }

  @Test func `somebody else's order or coupon is found on no route, by nobody`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let campaign = try await shop.campaign()
      let coupon = try await shop.claimed(campaign)
      let pending = try await shop.placed([("a", 1)])
      let paid = try await shop.bought([("a", 2)])
      try await shop.recorded(1, of: campaign)
      let strangers = [
        ("shop", "eve:USER"), ("shop", "sam:SELLER"), ("shop", "mia:MARKETING_MANAGER"),
        ("shop", "dan:DATA_PLATFORM"), ("other", "bob:USER"), ("other", "ann:APP_ADMIN"),
      ]
      for route in Self.routes {
        let isCoupon = route.pattern.hasPrefix("/v1/coupons")
        for id in isCoupon ? [coupon] : [pending, paid] {
          for (tenant, caller) in strangers {
            let response = try await shop.api.ask(
              route.method.description, route.pattern.replacing("{id}", with: id),
              host: "\(tenant).test", token: "\(tenant):\(caller)",
              headers: [("X-Idempotency-Key", Shop.anyKey)],
              body: Self.body(of: route.operationID))
            let isRefused =
              response.status == 404
              // Who may not pay at all is told so whatever the order.
              || response.status == 403 && !caller.hasSuffix(":USER")
            #expect(isRefused, "\(route.operationID) by \(caller): \(response.text)")
          }
        }
      }
      #expect(try await shop.status(of: pending) == "PENDING")
      #expect(try await shop.status(of: paid) == "PAID")
      #expect(try await shop.won() == 0)
    }
  }

  @Test func `somebody else's coupon goes with no order and into no cart`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let coupon = try await shop.claimed(try await shop.campaign())
      for (tenant, user) in [("shop", "eve"), ("other", "bob")] {
        if tenant == "other" { try await shop.stock("a", 10, tenant: tenant) }
        let order = try await shop.order(
          Shop.body([("a", 1)], coupon: coupon), user, tenant: tenant)
        #expect(order.status == 404, "\(order.text)")
        let token = "\(tenant):\(user):USER"
        let filled = try await shop.api.ask(
          "PUT", "/v1/cart/items/a", host: "\(tenant).test", token: token, body: #"{"quantity":1}"#)
        #expect(filled.status == 200, "\(filled.text)")
        let put = try await shop.api.ask(
          "PUT", "/v1/cart/coupon", host: "\(tenant).test", token: token,
          body: #"{"coupon_id":"\#(coupon)"}"#)
        #expect(put.status == 404, "\(put.text)")
      }
      #expect(try await shop.level("a") == [10, 0, 0])
    }
  }

  @Test func `a cart is its user's or its guest's alone`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      func cart(
        _ method: String, _ path: String = "", _ token: String?, cookie: String? = nil,
        tenant: String = "shop", body: String? = nil
      ) async throws -> HTTPTestResponse {
        try await shop.api.ask(
          method, "/v1/cart\(path)", host: "\(tenant).test", token: token,
          headers: cookie.map { [("Cookie", $0)] } ?? [], body: body)
      }
      let bobs = try await cart("PUT", "/items/a", "shop:bob:USER", body: #"{"quantity":2}"#)
      #expect(bobs.status == 200, "\(bobs.text)")
      let guests = try await cart("PUT", "/items/a", nil, body: #"{"quantity":3}"#)
      let cookie = String(try #require(guests.headers["set-cookie"]).prefix { $0 != ";" })
      for (token, cookie, tenant) in [
        ("shop:eve:USER", nil, "shop"), (nil, nil, "shop"), ("other:bob:USER", nil, "other"),
        (nil, cookie, "other"), (nil, cookie.dropLast(2) + "xx", "shop"),
      ] as [(String?, String?, String)] {
        let seen = try await cart("GET", "", token, cookie: cookie, tenant: tenant)
        #expect(try seen.json["data"]?["items"] == [], "\(seen.text)")
      }
      let own = try await cart("GET", "", nil, cookie: cookie)
      #expect(try own.json["data"]?["items"]?.array?.first?["quantity"] == 3)
    }
  }
}
