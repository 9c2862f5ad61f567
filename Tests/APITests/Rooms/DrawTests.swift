import Domain
import HotPath
import Redis
import Services
import TestSupport
import Testing

@testable import API

@Suite struct DrawTests {
  @Test func `a draw can be checked by anyone, and an audit does`() async throws {
    try await withRooms { rooms in
      let id = try await rooms.create([
        "prequeue_shuffle": true, "capacity": 1,
        "opens_at": "2099-01-01T00:00:00Z",
      ])
      let before = try await rooms.ask("GET", "/v1/admin/rooms/\(id)").json["data"]?["prequeue"]
      let commitment = try #require(before?["commitment"]?.string)
      #expect(before?["seed"] == .null)
      let early = try await rooms.api.ask("GET", "/waiting/\(id)").text
      #expect(early.contains(commitment) && early.contains("<p hidden>"))

      var tickets: [(number: Int, text: String)] = []
      for user in 0..<30 {
        let data = try await rooms.join(id, user: "user\(user)").json["data"]
        #expect(data?["position"] == .null)
        tickets.append((data?["number"]?.integer ?? 0, data?["ticket"]?.string ?? ""))
      }
      let opened = try await rooms.change(id, ["opens_at": "\(WallClock.system.now())"])
      #expect(opened.status == 200, "\(opened.text)")
      let after: JSONValue = try await eventually(within: .seconds(60), "the draw") {
        let lot = try await rooms.ask("GET", "/v1/admin/rooms/\(id)").json["data"]?["prequeue"]
        return lot?["seed"]?.string == nil ? nil : lot
      }
      let seed = try #require(ShuffleSeed(hexadecimal: after["seed"]?.string ?? ""))
      #expect(seed.commitment == commitment)
      #expect(after["count"] == 30)
      let base = try #require(after["base"]?.integer)
      let places = Shuffle.places(of: 30, seed: seed)
      try await eventually(within: .seconds(30), "places as drawn") {
        for (number, text) in tickets {
          let data = try await rooms.poll(id, text).json["data"]
          let place = Int(places[number - base - 1])
          // The first one is inside.
          guard data?["position"] == .integer(place) else { return false }
        }
        return true
      }
      try await audit(id, rooms)
    }
  }

  /// An audit finds nothing, and then somebody who was put at another place.
  private func audit(_ id: String, _ rooms: RoomsUnderTest) async throws {
    func breaches() async throws -> [String] {
      let audit = Audit(
        redis: rooms.node.redis, pool: rooms.node.database, patience: .milliseconds(10))
      let checks = try await audit.run().checks.filter { $0.subject == "room \(id)" }
      #expect(checks.count == 2)
      return checks.filter { !$0.holds }.map(\.name)
    }
    #expect(try await breaches() == [])
    let keys = RoomKeys(Identifier(id)!)
    let redis = rooms.node.redis.client(for: keys.room)
    let last = try await redis.send(RedisCommand("ZREVRANGE", keys.waiting, 0, 0))
    _ = try await redis.send(RedisCommand("ZINCRBY", keys.waiting, -5, last[0].bytes ?? []))
    #expect(try await breaches() == ["the pre-queue stands in the order drawn"])
    _ = try await rooms.node.database.query(
      "alter table spillway.rooms disable trigger all")
    _ = try await rooms.node.database.query(
      """
      do $$ declare name text; begin
        select conname into name from pg_constraint
         where conrelid = 'spillway.rooms'::regclass and pg_get_constraintdef(oid) like '%sha256%';
        execute format('alter table spillway.rooms drop constraint %I', name);
      end $$
      """)
    _ = try await rooms.node.database.query(
      "update spillway.rooms set commitment = sha256('other')")
    #expect(try await breaches().contains("the draw's seed is the one committed to"))
  }
}
