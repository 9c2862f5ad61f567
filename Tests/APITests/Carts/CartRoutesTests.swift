import Domain
import TestSupport
import Testing

@testable import API

@Suite struct CartRoutesTests {
  private static let ann = "ann:USER"

  /// What tasks of one loop found.
  private final class Noted<Value> { var values: [Value] = [] }

  /// Asks for a cart as a user, as a guest with a cookie, or as somebody unknown.
  private func ask(
    _ shop: Shop, _ method: String, _ path: String = "", _ user: String? = nil,
    cookie: String? = nil, match: String? = nil, body: String? = nil, tenant: String = "shop"
  ) async throws -> HTTPTestResponse {
    var headers: [(String, String)] = []
    if let cookie { headers.append(("Cookie", "theme=dark; \(cookie); x=y")) }
    if let match { headers.append(("If-Match", match)) }
    return try await shop.api.ask(
      method, "/v1/cart\(path)", host: "\(tenant).test", token: user.map { "\(tenant):\($0)" },
      headers: headers, body: body)
  }

  private func put(
    _ shop: Shop, _ sku: String, _ quantity: Int, _ user: String? = nil, cookie: String? = nil,
    match: String? = nil, query: String = ""
  ) async throws -> HTTPTestResponse {
    try await ask(
      shop, "PUT", "/items/\(sku)\(query)", user, cookie: cookie, match: match,
      body: #"{"quantity":\#(quantity)}"#)
  }

  private func quantities(_ response: HTTPTestResponse) throws -> [String: Int] {
    let items = try response.json["data"]?["items"]?.array ?? []
    return Dictionary(
      uniqueKeysWithValues: items.map { ($0["sku"]!.string!, $0["quantity"]!.integer!) })
  }

  private func problems(_ response: HTTPTestResponse) throws -> [[JSONValue]] {
    try response.json["data"]?["items"]?.array?.compactMap { $0["problems"]?.array } ?? []
  }

  /// `name=value` of the cookie that a response sets.
  private func cookie(_ response: HTTPTestResponse) throws -> String {
    let header = try #require(response.headers["set-cookie"])
    return String(header.prefix { $0 != ";" })
  }

  @Test func `a member fills, reads and empties a cart`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10, price: 1000)
      try await shop.stock("b", 5, price: 250)
      let empty = try await ask(shop, "GET", "", Self.ann)
      #expect(empty.status == 200 && empty.headers["etag"] == "\"0\"")
      #expect(try empty.json["data"]?["items"] == [])
      #expect(try empty.json["data"]?["total"] == .null)
      #expect(try empty.json["data"]?["orderable"] == false)
      let data = try #require(try empty.json["data"])
      #expect(
        Set(data.object!.names) == Set(CartSchema.cart.definition["properties"]!.object!.names))

      #expect(try await put(shop, "a", 2, Self.ann).status == 200)
      let filled = try await put(shop, "b", 4, Self.ann)
      #expect(filled.status == 200, "\(filled.text)")
      #expect(filled.headers["set-cookie"] == nil)
      let cart = try #require(try filled.json["data"])
      #expect(cart["subtotal"] == ["amount": 3000, "currency": "KRW"])
      #expect(cart["total"] == ["amount": 3000, "currency": "KRW"])
      #expect(cart["discount"]?["amount"] == 0 && cart["orderable"] == true)
      #expect(cart["market"] == "KR" && cart["sale_id"] == .null)
      #expect(filled.headers["etag"] == "\"\(cart["version"]!.integer!)\"")
      let item = try #require(cart["items"]?.array?.first)
      #expect(item["sku"] == "a" && item["available"] == 10 && item["problems"] == [])
      #expect(item["total"] == ["amount": 2000, "currency": "KRW"])

      #expect(try await quantities(put(shop, "a", 7, Self.ann)) == ["a": 7, "b": 4])
      #expect(try await quantities(ask(shop, "DELETE", "/items/b", Self.ann)) == ["a": 7])
      #expect(try await ask(shop, "DELETE", "/items/b", Self.ann).status == 200)
      #expect(try await quantities(ask(shop, "GET", "", Self.ann)) == ["a": 7])
      // Nothing was reserved by it.
      #expect(try await shop.level("a") == [10, 0, 0])
      #expect(try await quantities(ask(shop, "DELETE", "", Self.ann)) == [:])
      #expect(try await quantities(ask(shop, "GET", "", Self.ann)) == [:])
    }
  }

  @Test func `what cannot be ordered is refused when it is put in`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 3)
      let sale = try await shop.sale(["a": 2], limit: 1)
      #expect(try await put(shop, "a", 1, Self.ann).status == 200)
      let short = try await put(shop, "a", 9, Self.ann)
      #expect(short.status == 410 && short.code == "SOLD_OUT")
      #expect(
        try short.json["error"]?["details"]
          == ["skus": [["sku": "a", "requested": 9, "available": 1]]])
      let unknown = try await put(shop, "zzz", 1, Self.ann)
      #expect(unknown.status == 404 && unknown.code == "NOT_FOUND")
      #expect(try await put(shop, "a%20b", 1, Self.ann).status == 404)
      let limit = try await put(shop, "a", 2, Self.ann, query: "?sale_id=\(sale)")
      #expect(limit.status == 422 && limit.code == "LIMIT_REACHED")
      #expect(
        try limit.json["error"]?["details"] == ["sku": "a", "limit": 1, "has": 0])
      for (body, field) in [
        (#"{}"#, "quantity"), (#"{"quantity":0}"#, "quantity"),
        (#"{"quantity":1001}"#, "quantity"), (#"{"quantity":-1}"#, "quantity"),
        (#"{"quantity":1.5}"#, "quantity"), (#"{"quantity":"1"}"#, "quantity"),
        (#"[]"#, "body"),
      ] {
        let response = try await ask(shop, "PUT", "/items/a", Self.ann, body: body)
        #expect(response.status == 400 && response.field == field, "\(body)")
      }
      for (query, status) in [
        ("?market=kr", 400), ("?sale_id=x", 400), ("?market=US&sale_id=\(sale)", 400),
        ("?sale_id=0195d2e0-0000-7000-8000-000000000000", 404),
      ] {
        #expect(try await ask(shop, "GET", query, Self.ann).status == status, "\(query)")
      }
      #expect(try await quantities(ask(shop, "GET", "", Self.ann)) == ["a": 1])
    }
  }

  @Test func `each look tells what has changed meanwhile`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5, price: 1000)
      try await shop.stock("b", 5, price: 10)
      let sale = try await shop.sale(["b": 3], limit: 2)
      _ = try await put(shop, "a", 3, Self.ann)
      _ = try await put(shop, "b", 2, Self.ann, query: "?sale_id=\(sale)")
      try await shop.manage(
        "PATCH", "/v1/admin/skus/a",
        ["prices": [["market": "KR", "amount": 1200, "currency": "KRW"]]], status: 200)
      #expect(try await shop.order(Shop.body([("a", 3)]), "zoe").status == 201)
      try await eventually("the cell has the new price") {
        let cart = try await ask(shop, "GET", "", Self.ann)
        return try problems(cart) == [["short", "price_changed"]]
      }
      let cart = try await ask(shop, "GET", "", Self.ann)
      let item = try #require(try cart.json["data"]?["items"]?.array?.first)
      #expect(item["unit_price"]?["amount"] == 1200 && item["previous_price"]?["amount"] == 1000)
      #expect(item["available"] == 2 && item["total"]?["amount"] == 3600)
      #expect(try cart.json["data"]?["orderable"] == false)
      // To set the quantity is to take the price.
      let taken = try await put(shop, "a", 2, Self.ann)
      #expect(try problems(taken) == [[]])
      #expect(try taken.json["data"]?["items"]?.array?[0]["previous_price"] == .null)
      #expect(try await shop.order(Shop.body([("a", 2)]), "zoe").status == 201)
      #expect(try await problems(ask(shop, "GET", "", Self.ann)) == [["unavailable"]])
      // What she has bought counts.
      #expect(
        try await shop.order(Shop.body([("b", 1)], sale: sale), "ann").status == 201)
      let limited = try await ask(shop, "GET", "?sale_id=\(sale)", Self.ann)
      #expect(try problems(limited) == [["limit"]])
      #expect(try limited.json["data"]?["sale_id"] == .string(sale))
      #expect(try limited.json["data"]?["items"]?.array?[0]["per_user_limit"] == 2)
      #expect(try limited.json["data"]?["subtotal"]?["amount"] == 1800)
    }
  }

  @Test func `a guest is known by a signed cookie, and nobody else comes to the cart`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 10)
      try await shop.stock("a", 10, tenant: "other")
      #expect(try await ask(shop, "GET").headers["set-cookie"] == nil)
      let first = try await put(shop, "a", 2)
      #expect(first.status == 200, "\(first.text)")
      let header = try #require(first.headers["set-cookie"])
      for part in ["; Path=/v1/cart", "; Max-Age=2592000", "; HttpOnly", "; SameSite=Lax"] {
        #expect(header.contains(part))
      }
      #expect(!header.contains("Secure"))
      let known = try cookie(first)
      #expect(try await quantities(ask(shop, "GET", cookie: known)) == ["a": 2])
      let second = try await put(shop, "a", 3, cookie: known)
      #expect(try cookie(second) == known)
      #expect(try await quantities(ask(shop, "GET", cookie: known)) == ["a": 3])

      // Other guests, forged cookies, members and another tenant's guests see nothing of it.
      let other = try cookie(try await put(shop, "a", 1))
      #expect(other != known)
      #expect(try await quantities(ask(shop, "GET", cookie: other)) == ["a": 1])
      for forged in [
        known + "A", String(known.dropLast()) + "~", "spillway_cart=", "spillway_cart=x",
        "spillway_carts" + known.dropFirst("spillway_cart".count),
      ] {
        let response = try await ask(shop, "GET", cookie: forged)
        #expect(response.status == 200)
        #expect(try quantities(response) == [:], "\(forged)")
      }
      #expect(try await quantities(ask(shop, "GET", "", Self.ann)) == [:])
      #expect(try await quantities(ask(shop, "GET", cookie: known, tenant: "other")) == [:])
      #expect(try await ask(shop, "GET", "", "ann:USER", tenant: "other").status == 200)
      let wrong = try await shop.api.ask("GET", "/v1/cart", token: "other:ann:USER")
      #expect(wrong.status == 401)
      #expect(try await ask(shop, "POST", "/merge", cookie: known).status == 401)
      #expect(try await quantities(ask(shop, "GET", cookie: known)) == ["a": 3])
      #expect(try await ask(shop, "DELETE", "", cookie: known).status == 200)
      #expect(try await quantities(ask(shop, "GET", cookie: known)) == [:])
    }
  }

  @Test func `what a guest had is the member's after the login, once`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 2000)
      try await shop.stock("b", 10)
      let guest = try cookie(try await put(shop, "a", 700))
      _ = try await put(shop, "b", 1, cookie: guest)
      _ = try await put(shop, "a", 600, Self.ann)
      let merged = try await ask(shop, "POST", "/merge", Self.ann, cookie: guest)
      #expect(merged.status == 200, "\(merged.text)")
      #expect(try quantities(merged) == ["a": 1000, "b": 1])
      #expect(
        try merged.json["data"]?["merged"] == [
          "left_out": [["sku": "a", "quantity": 300, "market": "KR", "sale_id": nil]]
        ])
      #expect(merged.headers["set-cookie"]?.contains("Max-Age=0") == true)
      let again = try await ask(shop, "POST", "/merge", Self.ann, cookie: guest)
      #expect(try quantities(again) == ["a": 1000, "b": 1])
      #expect(try again.json["data"]?["merged"] == ["left_out": []])
      #expect(try await quantities(ask(shop, "GET", cookie: guest)) == [:])

      // Every route does it for who comes with both.
      let late = try cookie(try await put(shop, "b", 2))
      let read = try await ask(shop, "GET", "", Self.ann, cookie: late)
      #expect(try quantities(read) == ["a": 1000, "b": 3])
      #expect(read.headers["set-cookie"]?.contains("Max-Age=0") == true)
      let plain = try await ask(shop, "POST", "/merge", Self.ann)
      #expect(try plain.json["data"]?["merged"] == .null && plain.status == 200)
    }
  }

  @Test func `a refusal tells of the merge as well, of all carts`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 4000)
      let sale = try await shop.sale(["a": 2000])
      let guest = try cookie(try await put(shop, "a", 700))
      _ = try await put(shop, "a", 800, cookie: guest, query: "?sale_id=\(sale)")
      _ = try await put(shop, "a", 600, Self.ann)
      _ = try await put(shop, "a", 900, Self.ann, query: "?sale_id=\(sale)")
      // It is done before it is known that there is no such SKU.
      let refused = try await put(shop, "nope", 1, Self.ann, cookie: guest)
      #expect(refused.status == 404)
      #expect(refused.headers["set-cookie"]?.contains("Max-Age=0") == true)
      let details = try refused.json["error"]?["details"]
      #expect(details?["skus"] == ["nope"])
      let left = details?["merged"]?["left_out"]?.array ?? []
      #expect(left.count == 2)
      #expect(
        left.contains(["sku": "a", "quantity": 300, "market": "KR", "sale_id": nil]))
      #expect(
        left.contains([
          "sku": "a", "quantity": 700, "market": "KR", "sale_id": .string(sale),
        ]))
      #expect(try await quantities(ask(shop, "GET", "", Self.ann)) == ["a": 1000])

      // What the merge changed is another version than the caller knows.
      let late = try cookie(try await put(shop, "a", 5))
      let conflict = try await put(shop, "a", 1, Self.ann, cookie: late, match: #""1""#)
      #expect(conflict.status == 409)
      #expect(conflict.headers["set-cookie"]?.contains("Max-Age=0") == true)
      #expect(
        try conflict.json["error"]?["details"]?["merged"]?["left_out"]?.array?.count == 1)
      #expect(try conflict.json["error"]?["details"]?["version"] != nil)
    }
  }

  @Test func `with If-Match a change that another overtook is refused`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 10)
      let first = try await put(shop, "a", 1, Self.ann, match: "\"0\"")
      let tag = try #require(first.headers["etag"])
      #expect(first.status == 200)
      let second = try await put(shop, "a", 2, Self.ann, match: "\"5\", \(tag)")
      #expect(second.status == 200)
      for (method, path) in [("PUT", "/items/a"), ("DELETE", "/items/a"), ("DELETE", "")] {
        for match in [tag, "W/\(second.headers["etag"]!)", "x", "\"\""] {
          let late = try await ask(
            shop, method, path, Self.ann, match: match,
            body: method == "PUT" ? #"{"quantity":3}"# : nil)
          #expect(late.status == 409 && late.code == "CONFLICT", "\(method) \(match)")
          #expect(late.headers["etag"] == second.headers["etag"])
        }
      }
      #expect(try await quantities(ask(shop, "GET", "", Self.ann)) == ["a": 2])
      #expect(try await put(shop, "a", 3, Self.ann, match: "*").status == 200)
    }
  }

  @Test func `changes at the same time all take place`() async throws {
    try await withShop { shop in
      let skus = (0..<4).map { "s\($0)" }
      for sku in skus { try await shop.stock(sku, 10) }
      let noted = Noted<Int>()
      let tasks = skus.map { sku in
        shop.api.loop.spawn {
          noted.values.append((try? await put(shop, sku, 3, Self.ann).status) ?? 0)
        }
      }
      for task in tasks { await task.value }
      let statuses = noted.values
      #expect(statuses == [200, 200, 200, 200])
      #expect(
        try await quantities(ask(shop, "GET", "", Self.ann))
          == Dictionary(uniqueKeysWithValues: skus.map { ($0, 3) }))
    }
  }
}
