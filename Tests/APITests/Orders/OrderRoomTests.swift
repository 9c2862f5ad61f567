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

  @Test func `an order that was placed is answered again when the admission is over`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 5)
      let rooms = RoomsUnderTest(api: shop.api)
      let room = try await rooms.create()
      let sale = try await shop.sale(["a": 5], ["room_id": .string(room)])
      let body = Shop.body([("a", 1)], sale: sale)
      let ticket = try await rooms.ticket(room, user: "bob")
      let admission = try await rooms.admission(room, ticket)
      let placed = try await shop.order(body, key: "k", admission: admission)
      #expect(placed.status == 201, "\(placed.text)")
      #expect(try await rooms.leave(room, ticket).status == 204)
      let again = try await shop.order(body, key: "k", admission: admission)
      #expect(again.status == 201, "\(again.text)")
      #expect(again.headers["idempotent-replayed"] == "true")
      #expect(try again.json["data"] == placed.json["data"])
      // The key belongs to that request, of that user, and brings no other order.
      let other = Shop.body([("a", 2)], sale: sale)
      let reuse = try await shop.order(other, key: "k", admission: admission)
      #expect(reuse.status == 422, "\(reuse.text)")
      let new = try await shop.order(body, key: "another", admission: admission)
      #expect(new.code == "ADMISSION_REQUIRED", "\(new.text)")
      let foreign = try await shop.order(body, "eve", key: "k", admission: admission)
      #expect(foreign.code == "ADMISSION_REQUIRED", "\(foreign.text)")
      // Who shows no admission is not asked after.
      #expect(try await shop.order(body, key: "k").code == "ADMISSION_REQUIRED")
    }
  }
}
