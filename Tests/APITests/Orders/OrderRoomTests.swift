import Domain
import TestSupport
import Testing

@testable import API

@Suite struct OrderRoomTests {
  @Test func `a sale behind a room takes no orders from whoever did not come through it`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let room = try await shop.manage(
        "POST", "/v1/admin/rooms", RoomsUnderTest.body(), status: 201)
      let id = try #require(room["room_id"]?.string)
      let sale = try await shop.sale(["a": 5], ["room_id": .string(id)])
      for token in [nil, "nonsense"] {
        let response = try await shop.api.ask(
          "POST", "/v1/orders", token: "shop:bob:USER",
          headers: [("X-Idempotency-Key", "k")] + (token.map { [("X-Admission-Token", $0)] } ?? []),
          body: Shop.body([("a", 1)], sale: sale))
        #expect(response.status == 403, "\(response.text)")
        #expect(response.code == "ADMISSION_REQUIRED")
      }
      try await shop.manage(
        "PATCH", "/v1/admin/sales/\(sale)", ["room_id": nil], status: 200)
      try await eventually("the order is taken") {
        try await shop.order(Shop.body([("a", 1)], sale: sale)).status == 201
      }
      let unknown = try await shop.api.ask(
        "PATCH", "/v1/admin/sales/\(sale)", token: "shop:\(Shop.admin)",
        body: #"{"room_id":"0195d2e0-0000-7000-8000-000000000000"}"#)
      #expect(unknown.status == 400)
      #expect(unknown.field == "room_id")
    }
  }
}
