import Domain
import Services
import TestSupport
import Testing

@testable import API

@Suite struct CategoryDeletionTests {
  private static let path = "/v1/admin/categories"

  private func delete(
    _ api: APIUnderTest<Node>, _ slug: String, by caller: String = "ivy:INVENTORY_MANAGER",
    tenant: String = "shop"
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "DELETE", "\(Self.path)/\(slug)", host: "\(tenant).test", token: "\(tenant):\(caller)")
  }

  private func make(
    _ api: APIUnderTest<Node>, _ path: String, _ body: JSONValue
  ) async throws -> JSONValue {
    let made = try await api.ask(
      "POST", "/v1/admin/\(path)", token: "shop:ann:APP_ADMIN", body: body.jsonText)
    #expect(made.status == 201, "\(made.text)")
    return try #require(try made.json["data"])
  }

  @Test func `a category goes when nothing is in it, and not before`() async throws {
    try await withNode { api in
      _ = try await make(api, "categories", ["slug": "shoes", "names": ["en": "Shoes"]])
      _ = try await make(api, "categories", ["slug": "boots", "parent": "shoes"])
      let product = try await make(api, "products", ["name": "Boot", "categories": ["boots"]])
      for (slug, reason) in [("shoes", "it has categories"), ("boots", "it has products")] {
        let refused = try await delete(api, slug)
        #expect(refused.status == 409 && refused.code == "CONFLICT", "\(refused.text)")
        #expect(try refused.json["error"]?["details"]?["reason"]?.string == reason)
      }
      let moved = try await api.ask(
        "PATCH", "/v1/admin/products/\(product["product_id"]!.string!)",
        token: "shop:ann:APP_ADMIN", body: #"{"categories":[]}"#)
      #expect(moved.status == 200, "\(moved.text)")
      #expect(try await delete(api, "boots", by: "bob:USER").status == 403)
      #expect(try await delete(api, "boots", by: "ann:APP_ADMIN", tenant: "other").status == 404)
      for slug in ["boots", "shoes"] {
        let deleted = try await delete(api, slug)
        #expect(deleted.status == 204 && deleted.text.isEmpty, "\(deleted.text)")
        #expect(try await delete(api, slug).status == 404)
      }
      #expect(try await delete(api, "No%20Slug").status == 404)
      let list = try await api.ask("GET", Self.path, token: "shop:ann:APP_ADMIN")
      #expect(try list.json["data"] == [])
      // The name is free again.
      _ = try await make(api, "categories", ["slug": "shoes"])
    }
  }
}
