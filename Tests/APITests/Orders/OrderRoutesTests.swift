import Domain
import Services
import TestSupport
import Testing

@testable import API

/// The order route over real sockets, a real Redis, a real ledger and a reconciler.
@Suite struct OrderRoutesTests {
  @Test func `an order reserves all its lines and is in the ledger`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 1500)
      try await shop.stock("b", 5, price: 200)
      let placed = try await shop.order(Shop.body([("b", 1), ("a", 2), ("b", 3)]))
      #expect(placed.status == 201, "\(placed.text)")
      #expect(placed.headers["idempotent-replayed"] == nil)
      let order = try #require(try placed.json["data"])
      #expect(order["status"] == "PENDING")
      #expect(order["sale_id"] == .null)
      #expect(order["market"] == "KR")
      #expect(order["acknowledged"] == "hot")
      #expect(
        order["lines"] == [
          [
            "sku": "b", "quantity": 4, "unit_price": ["amount": 200, "currency": "KRW"],
            "total": ["amount": 800, "currency": "KRW"],
          ],
          [
            "sku": "a", "quantity": 2, "unit_price": ["amount": 1500, "currency": "KRW"],
            "total": ["amount": 3000, "currency": "KRW"],
          ],
        ])
      #expect(order["subtotal"] == ["amount": 3800, "currency": "KRW"])
      #expect(order["total"] == order["subtotal"])
      for name in ["discount", "tax", "included_tax", "shipping"] {
        #expect(order[name] == ["amount": 0, "currency": "KRW"])
      }
      let known = Set(OrderSchema.reservation.definition["properties"]!.object!.names)
      #expect(Set(order.object!.names) == known)
      let deadline = try #require(order["reserved_until"]?.string.flatMap { Instant($0) })
      let left = deadline - WallClock.system.now()
      #expect(left > .seconds(500) && left < .seconds(601), "\(left)")
      #expect(try await shop.level("a") == [8, 2, 0])
      #expect(try await shop.level("b") == [1, 4, 0])

      let id = try #require(order["order_id"]?.string)
      let read = try await shop.get("/v1/orders/\(id)")
      #expect(read.status == 200, "\(read.text)")
      let recorded = try #require(try read.json["data"])
      #expect(
        Set(recorded.object!.names)
          == Set(OrderSchema.detail.definition["properties"]!.object!.names))
      for name in ["order_id", "lines", "total", "reserved_until", "market", "sale_id"] {
        #expect(recorded[name] == order[name], "\(name)")
      }
    }
  }

  @Test func `orders that follow each other say each what it is itself`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 100, price: 1500)
      try await shop.stock("b", 100, price: 200)
      var names: Set<String> = []
      let wants = [("a", 1), ("a", 1), ("a", 2), ("b", 2), ("b", 2), ("a", 1)]
      for (sku, quantity) in wants {
        let total = quantity * (sku == "a" ? 1500 : 200)
        let placed = try await shop.order(Shop.body([(sku, quantity)]))
        let order = try #require(try placed.json["data"], "\(placed.text)")
        #expect(order["lines"]?.array?[0]["sku"] == .string(sku))
        #expect(order["lines"]?.array?[0]["quantity"] == .integer(quantity))
        #expect(order["total"] == ["amount": .integer(total), "currency": "KRW"])
        names.insert(try #require(order["order_id"]?.string))
      }
      #expect(names.count == wants.count)
    }
  }

  @Test func `an order in a sale has the sale's price, stock and time`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 1500)
      for cell in ["shared", "own"] {
        let sale = try await shop.sale(
          ["a": 3], price: 900,
          ["cell": .string(cell), "reservation_seconds": 60, "acknowledge": "ledger"])
        let placed = try await shop.order(Shop.body([("a", 2)], sale: sale))
        #expect(placed.status == 201, "\(placed.text)")
        let order = try #require(try placed.json["data"])
        #expect(order["sale_id"] == .string(sale))
        #expect(order["total"] == ["amount": 1800, "currency": "KRW"])
        #expect(order["acknowledged"] == "ledger")
        let deadline = try #require(order["reserved_until"]?.string.flatMap { Instant($0) })
        #expect(deadline - WallClock.system.now() < .seconds(61))
        #expect(try await shop.level("a", sale: sale) == [1, 2, 0])
      }
      #expect(try await shop.level("a") == [4, 0, 0])
    }
  }

  @Test func `a key gives its order again and fits one request of one user`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let body = Shop.body([("a", 1)])
      let first = try await shop.order(body, key: "k1")
      #expect(first.status == 201, "\(first.text)")
      // The same in other words.
      let again = try await shop.order(
        #" {"sale_id":null, "lines":[{"quantity":1,"sku":"\u0061"}]}"#, key: "k1")
      #expect(again.status == 201)
      #expect(again.headers["idempotent-replayed"] == "true")
      #expect(try again.json["data"] == first.json["data"])
      let reuse = try await shop.order(Shop.body([("a", 2)]), key: "k1")
      #expect(reuse.status == 422)
      #expect(reuse.code == "IDEMPOTENCY_KEY_REUSE")
      let other = try await shop.order(body, "eve", key: "k1")
      #expect(other.status == 201)
      #expect(other.headers["idempotent-replayed"] == nil)
      #expect(try await shop.level("a") == [8, 2, 0])
    }
  }

  @Test func `without a key nothing is ordered`() async throws {
    try await withShop { shop in
      for key in [nil, "", "a b", String(repeating: "x", count: 256)] as [String?] {
        let response = try await shop.api.ask(
          "POST", "/v1/orders", token: "shop:bob:USER",
          headers: key.map { [("X-Idempotency-Key", $0)] } ?? [], body: Shop.body([("a", 1)]))
        #expect(response.status == 400)
        #expect(response.field == "X-Idempotency-Key")
      }
    }
  }

  @Test func `all lines are reserved or none`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      try await shop.stock("b", 2)
      let refused = try await shop.order(Shop.body([("a", 1), ("b", 2), ("b", 1)]))
      #expect(refused.status == 410)
      #expect(refused.code == "SOLD_OUT")
      #expect(
        try refused.json["error"]?["details"]
          == ["skus": [["sku": "b", "requested": 3, "available": 2]]])
      #expect(try await shop.level("a") == [10, 0, 0])
      #expect(try await shop.level("b") == [2, 0, 0])
      #expect(try await shop.order(Shop.body([("a", 10), ("b", 2)])).status == 201)
      let both = try await shop.order(Shop.body([("a", 1), ("b", 1)]))
      #expect(try both.json["error"]?["details"]?["skus"]?.array?.count == 2)
    }
  }

  @Test func `a user may have so many of a SKU`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let sale = try await shop.sale(["a": 10], limit: 2)
      #expect(try await shop.order(Shop.body([("a", 1)], sale: sale)).status == 201)
      let refused = try await shop.order(Shop.body([("a", 2)], sale: sale))
      #expect(refused.status == 422)
      #expect(refused.code == "LIMIT_REACHED")
      #expect(
        try refused.json["error"]?["details"] == ["sku": "a", "limit": 2, "has": 1])
      #expect(try await shop.order(Shop.body([("a", 1)], sale: sale)).status == 201)
      #expect(try await shop.order(Shop.body([("a", 2)], sale: sale), "eve").status == 201)
      #expect(try await shop.level("a", sale: sale) == [6, 4, 0])
    }
  }

  @Test func `what is not sold here is not found`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 1)
      try await shop.stock("x", 1, tenant: "other")
      let sale = try await shop.sale(["a": 1])
      let foreign = try await shop.sale(["x": 1], tenant: "other")
      let unknown = try await shop.order(Shop.body([("a", 1), ("x", 1), ("y", 1)]))
      #expect(unknown.status == 404)
      #expect(unknown.code == "NOT_FOUND")
      #expect(try unknown.json["error"]?["details"] == ["skus": ["x", "y"]])
      for id in [foreign, "0195d2e0-0000-7000-8000-000000000000"] {
        let response = try await shop.order(Shop.body([("a", 1)], sale: id))
        #expect(response.status == 404)
        #expect(response.field == "sale_id")
      }
      let market = try await shop.order(#"{"lines":[{"sku":"a","quantity":1}],"market":"US"}"#)
      #expect(market.status == 404)
      #expect(try market.json["error"]?["details"] == ["skus": ["a"]])
      let mismatch = try await shop.order(
        #"{"lines":[{"sku":"a","quantity":1}],"market":"US","sale_id":"\#(sale)"}"#)
      #expect(mismatch.status == 400)
      #expect(mismatch.field == "market")
      let notInSale = try await shop.order(Shop.body([("z", 1)], sale: sale))
      #expect(notInSale.status == 404)
    }
  }

  @Test func `before the opening and after the closing a sale takes no orders`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 4)
      let now = WallClock.system.now()
      let early = try await shop.sale(
        ["a": 1], ["opens_at": "\(now + .seconds(600))"], awaiting: "SCHEDULED")
      let refused = try await shop.order(Shop.body([("a", 1)], sale: early))
      #expect(refused.status == 403)
      #expect(refused.code == "NOT_OPEN")
      #expect(try refused.json["error"]?["details"] == ["opens_at": "\(now + .seconds(600))"])
      let over = try await shop.sale(["a": 2])
      #expect(try await shop.order(Shop.body([("a", 1)], sale: over)).status == 201)
      try await shop.manage(
        "PATCH", "/v1/admin/sales/\(over)",
        ["closes_at": "\(WallClock.system.now() - .milliseconds(1))"], status: 200)
      let late = try await shop.order(Shop.body([("a", 1)], sale: over))
      #expect(late.status == 410)
      #expect(late.code == "CLOSED")
    }
  }

  @Test func `over the sale's rate policy a client is told when to come again`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let sale = try await shop.sale(
        ["a": 5], ["rate_policy": ["limit": 1, "window_seconds": 60, "scope": "user"]])
      let first = try await shop.order(Shop.body([("a", 1)], sale: sale))
      #expect(first.status == 201)
      #expect(first.headers["x-ratelimit-remaining"] == "0")
      let refused = try await shop.order(Shop.body([("a", 1)], sale: sale))
      #expect(refused.status == 429)
      #expect(refused.code == "RATE_LIMITED")
      let wait = try #require(refused.headers["retry-after"].flatMap { Int($0) })
      #expect((1...60).contains(wait))
      #expect(refused.headers["ratelimit-policy"] == #""user";q=1;w=60"#)
      #expect(try await shop.order(Shop.body([("a", 1)], sale: sale), "eve").status == 201)
    }
  }

  @Test func `over the sale's rate policy an order is refused from memory`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 6)
      let sale = try await shop.sale(
        ["a": 5], ["rate_policy": ["limit": 1, "window_seconds": 3600, "scope": "sale"]])
      func calls() -> Substring? {
        String(decoding: shop.api.services.metrics.render(), as: UTF8.self).split(separator: "\n")
          .first { $0.hasPrefix("spillway_order_batch_size_count") }
      }
      let body = Shop.body([("a", 1)], sale: sale)
      #expect(try await shop.order(body, key: "k1").status == 201)
      #expect(try await shop.order(body, key: "k1").status == 429)
      let asked = calls()
      #expect(asked != nil)
      for key in ["k1", "k2"] {
        let refused = try await shop.order(body, "bob", key: key)
        #expect(refused.status == 429)
        let wait = try #require(refused.headers["retry-after"].flatMap { Int($0) })
        #expect((3580...3600).contains(wait))
        #expect(refused.headers["ratelimit"] == "\"sale\";r=0;t=\(wait)")
      }
      #expect(try await shop.order(body, "eve").status == 429)
      #expect(calls() == asked)
      #expect(try await shop.order(Shop.body([("a", 1)]), "eve").status == 201)
    }
  }

  @Test func `quantities and lines out of bounds are refused, those at the bounds taken`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 200_000)
      for quantity in ["0", "-1", "1001", "1e9", "99999999999999999999"] {
        let response = try await shop.order(#"{"lines":[{"sku":"a","quantity":\#(quantity)}]}"#)
        #expect(response.status == 400, "\(quantity)")
        #expect(response.field == "lines.0.quantity", "\(quantity)")
      }
      let lines = Array(repeating: ("a", 1000), count: 100)
      let most = try await shop.order(Shop.body(lines))
      #expect(most.status == 201, "\(most.text)")
      #expect(try most.json["data"]?["lines"]?.array?.count == 1)
      #expect(try await shop.level("a") == [100_000, 100_000, 0])
      let more = try await shop.order(Shop.body(lines + [("a", 1)]))
      #expect(more.status == 400)
      #expect(more.field == "lines")
      for (body, status) in [("", 400), ("{", 400), ("[]", 400)] {
        #expect(try await shop.order(body).status == status)
      }
      let type = try await shop.api.ask(
        "POST", "/v1/orders", token: "shop:bob:USER",
        headers: [("X-Idempotency-Key", "k"), ("Content-Type", "text/plain")],
        body: Shop.body([("a", 1)]))
      #expect(type.status == 415)
    }
  }

  @Test func `prices in two currencies make no order`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 1)
      try await shop.stock("b", 1, currency: "USD")
      let response = try await shop.order(Shop.body([("a", 1), ("b", 1)]))
      #expect(response.status == 400)
      #expect(response.field == "lines")
    }
  }

  @Test func `a wiped cell takes no orders and says when to come again`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      await shop.daemon.stop()
      _ = try await shop.api.services.redis.client(for: Array("spillway:{shop.kr}:".utf8))
        .send(.init("FLUSHALL"))
      let response = try await shop.order(Shop.body([("a", 1)]))
      #expect(response.status == 503)
      #expect(response.code == "INTERNAL_RETRYABLE")
      #expect(response.headers["retry-after"] != nil)
      let level = try await shop.get("/v1/skus/a/stock", nil)
      #expect(level.status == 503)
    }
  }

  @Test func `an order that a wiped cell lost may be on its way and is not denied`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let unknown = "/v1/orders/0195d2e0-0000-7000-8000-000000000000"
      #expect(try await shop.get(unknown).status == 404)
      await shop.daemon.stop()
      _ = try await shop.api.services.redis.client(for: Array("spillway:{shop.kr}:".utf8))
        .send(.init("FLUSHALL"))
      let read = try await shop.get(unknown)
      #expect(read.status == 503, "\(read.text)")
      #expect(read.headers["retry-after"] != nil)
    }
  }
}
