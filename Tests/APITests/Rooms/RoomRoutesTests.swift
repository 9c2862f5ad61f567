import Domain
import Services
import TestSupport
import Testing

@testable import API

/// Rooms as operators manage them.
@Suite struct RoomRoutesTests {
  @Test func `a room is created, read, listed and changed`() async throws {
    try await withRooms { rooms in
      let created = try await rooms.ask(
        "POST", "/v1/admin/rooms",
        RoomsUnderTest.body([
          "target_url": "/sale?x=1", "bypass": ["vip"],
          "adaptive": ["min_rate_per_second": 1, "max_p95_ms": 200, "max_error_permille": 10],
        ]))
      #expect(created.status == 201, "\(created.text)")
      let data = try #require(try created.json["data"])
      #expect(data["queueing"] == "fifo")
      #expect(data["target_url"] == "/sale?x=1")
      #expect(data["prequeue"] == .null)
      #expect(data["generation"] == 1)
      let id = try #require(data["room_id"]?.string)
      let changed = try await rooms.change(
        id, ["capacity": 7, "target_url": nil, "adaptive": nil, "queueing": "random"])
      #expect(changed.status == 200, "\(changed.text)")
      let read = try #require(try await rooms.ask("GET", "/v1/admin/rooms/\(id)").json["data"])
      #expect(read["capacity"] == 7)
      #expect(read["version"] == 2)
      #expect(read["adaptive"] == .null)
      #expect(read["bypass"] == ["vip"])
      // The change had taken effect when it was answered.
      #expect(read["state"]?["is_open"] == true)
      _ = try await rooms.create()
      let page = try await rooms.ask("GET", "/v1/admin/rooms?limit=1")
      let cursor = try #require(try page.json["next_cursor"]?.string)
      let next = try await rooms.ask("GET", "/v1/admin/rooms?limit=1&cursor=\(cursor)")
      #expect(try next.json["data"]?.array?.first?["room_id"]?.string == id)
      #expect(try next.json["next_cursor"] == .null)
    }
  }

  @Test func `nobody sees or changes another tenant's room`() async throws {
    try await withRooms { rooms in
      let id = try await rooms.create()
      let path = "/v1/admin/rooms/\(id)"
      #expect(try await rooms.ask("GET", path, tenant: "other").status == 404)
      #expect(try await rooms.ask("PATCH", path, ["capacity": 1], tenant: "other").status == 404)
      for body in [["all": true], ["users": ["ann"]]] as [JSONValue] {
        let answer = try await rooms.ask("POST", "\(path)/revocations", body, tenant: "other")
        #expect(answer.status == 404, "\(answer.text)")
      }
      #expect(try await rooms.ask("GET", "/v1/admin/rooms", tenant: "other").json["data"] == [])
    }
  }

  @Test(
    arguments: [
      ("name", ""), ("capacity", 0), ("capacity", -1), ("capacity", 1_000_001),
      ("capacity", "10"), ("rate_per_second", 0), ("rate_per_second", 100_001),
      ("session_seconds", 0), ("session_seconds", 86_401), ("grace_seconds", 4),
      ("grace_seconds", 3_601), ("opens_at", "soon"), ("prequeue_shuffle", "yes"),
      ("queueing", "lifo"), ("target_url", "javascript:alert(1)"), ("target_url", "//evil.test"),
      ("bypass", "vip"), ("bypass", ["a b"]), ("adaptive", []),
      ("adaptive", ["min_rate_per_second": 0, "max_p95_ms": 1, "max_error_permille": 1]),
      ("adaptive", ["min_rate_per_second": 2000, "max_p95_ms": 1, "max_error_permille": 1]),
    ] as [(String, JSONValue)])
  func `a value out of bounds is named`(name: String, value: JSONValue) async throws {
    try await withRooms { rooms in
      let refused = try await rooms.ask(
        "POST", "/v1/admin/rooms", RoomsUnderTest.body([name: value]))
      #expect(refused.status == 400, "\(refused.text)")
      #expect(refused.field?.hasPrefix(name) == true, "\(refused.text)")
    }
  }

  @Test func `a draw needs an opening, and cannot be added later`() async throws {
    try await withRooms { rooms in
      let refused = try await rooms.ask(
        "POST", "/v1/admin/rooms", RoomsUnderTest.body(["prequeue_shuffle": true]))
      #expect(refused.field == "opens_at")
      let id = try await rooms.create()
      #expect(try await rooms.change(id, ["prequeue_shuffle": true]).field == "prequeue_shuffle")
      #expect(try await rooms.change(id, ["nothing": 1]).field == "body")
      #expect(try await rooms.change(id, ["capacity": nil]).field == "capacity")
    }
  }

  @Test func `a revocation names one thing`() async throws {
    try await withRooms { rooms in
      let id = try await rooms.create()
      let other = try await rooms.create()
      let path = "/v1/admin/rooms/\(id)/revocations"
      for body in [[:], ["all": true, "users": []], ["all": false], ["users": "ann"]]
        as [JSONValue]
      {
        #expect(try await rooms.ask("POST", path, body).status == 400)
      }
      let ticket = try await rooms.ticket(id, user: "ann")
      let foreign = try await rooms.ticket(other, user: "ann")
      #expect(
        try await rooms.ask("POST", path, ["ticket": .string(foreign)]).field == "ticket")
      let answer = try await rooms.ask("POST", path, ["ticket": .string(ticket)])
      #expect(try answer.json["data"]?["revoked"] == 1)
      #expect(try await rooms.poll(other, foreign).status == 200)
    }
  }
}
