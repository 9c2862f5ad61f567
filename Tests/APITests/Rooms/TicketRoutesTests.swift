import Domain
import Redis
import TestSupport
import Testing

@testable import API
@testable import Services

/// The visitors' routes over real sockets, a real Redis and a real ledger.
@Suite struct TicketRoutesTests {
  @Test func `the same user gets the same ticket, and is admitted`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create()
      let first = try await rooms.join(room, user: "ann")
      #expect(first.status == 201, "\(first.text)")
      let data = try #require(try first.json["data"])
      #expect(data["number"] == 1)
      #expect(first.headers["set-cookie"] == nil)
      let again = try await rooms.join(room, user: "ann")
      #expect(again.status == 201)
      #expect(try again.json["data"]?["ticket"] == data["ticket"])
      let ticket = try #require(data["ticket"]?.string)
      let token = try await rooms.admission(room, ticket)
      let admitted = try #require(try await rooms.poll(room, ticket).json["data"])
      #expect(admitted["status"] == "ADMITTED")
      #expect(admitted["position"] == 0)
      #expect(admitted["ticket"]?.string == ticket)
      #expect(admitted["admission_token"]?.string == token)
      let until = try #require(admitted["admitted_until"]?.string.flatMap { Instant($0) })
      let left = until - WallClock.system.now()
      #expect(left > .seconds(500) && left < .seconds(700))
    }
  }

  @Test func `a guest is known by a cookie that scripts cannot read`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create(["capacity": 1, "opens_at": "2099-01-01T00:00:00Z"])
      let first = try await rooms.join(room)
      #expect(first.status == 201, "\(first.text)")
      let cookie = try #require(first.headers["set-cookie"])
      #expect(cookie.contains("HttpOnly"))
      #expect(cookie.contains("SameSite=Lax"))
      #expect(cookie.contains("Path=/v1/rooms/\(room);"))
      let pair = String(cookie.prefix { $0 != ";" })
      let again = try await rooms.join(room, cookie: pair)
      #expect(try again.json["data"]?["ticket"] == first.json["data"]?["ticket"])
      #expect(again.headers["set-cookie"] == nil)
      let forged = try await rooms.join(room, cookie: pair.replacing(/.{9}$/, with: "AAAAAAAAA"))
      #expect(try forged.json["data"]?["number"] == 2)
      #expect(forged.headers["set-cookie"] != nil)
    }
  }

  @Test func `who waits is told a place, a wait and when to ask again`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create(["capacity": 1, "rate_per_second": 2])
      let inside = try await rooms.ticket(room, user: "ann")
      _ = try await rooms.admission(room, inside)
      let second = try await rooms.ticket(room, user: "ben")
      let third = try await rooms.ticket(room, user: "cat")
      // What a node knows of a room is a quarter of a second old at most.
      let told = try await eventually("the admission counts") {
        let told = try #require(try await rooms.poll(room, third).json["data"])
        return told["position"] == 2 ? told : JSONValue?.none
      }
      #expect(told["status"] == "WAITING")
      #expect(told["number"] == 3)
      #expect(told["estimated_wait_seconds"]?.integer ?? 0 >= 1)
      #expect((500...10_000).contains(told["poll_after_ms"]?.integer ?? 0))
      #expect(told["admission_token"] == nil)
      // The place is free at once, and those behind move up.
      #expect(try await rooms.leave(room, inside).status == 204)
      _ = try await rooms.admission(room, second)
      try await eventually("the place moves up") {
        try await rooms.poll(room, third).json["data"]?["position"] == 1
      }
      #expect(try await rooms.poll(room, inside).code == "EXPIRED")
      #expect(try await rooms.leave(room, inside).status == 204)
      #expect(try await rooms.leave(room, third).status == 204)
      let over = try await eventually("the ticket is over") {
        let response = try await rooms.poll(room, third)
        return response.status == 200 ? nil : response
      }
      #expect(over.status == 410)
    }
  }

  @Test func `tickets that this room never gave are refused`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create()
      let other = try await rooms.create()
      let ticket = try await rooms.ticket(room, user: "ann")
      for forged in [
        "x", String(repeating: "A", count: ticket.count), String(ticket.dropLast()) + "A",
        ticket + "A", "A" + ticket.dropFirst(), "%00",
      ] where forged != ticket {
        let response = try await rooms.poll(room, forged)
        #expect(response.status == 403, "\(forged)")
        #expect(response.code == "FORBIDDEN")
        #expect(try await rooms.leave(room, forged).status == 403)
      }
      #expect(try await rooms.poll(other, ticket).status == 403)
      #expect(try await rooms.leave(other, ticket).status == 403)
      // An admission is no ticket, and another tenant has no such room.
      let admission = try await rooms.admission(room, ticket)
      #expect(try await rooms.poll(room, admission).status == 403)
      #expect(try await rooms.poll(room, ticket, tenant: "other").status == 404)
      #expect(try await rooms.join(room, user: "ann", tenant: "other").status == 404)
      #expect(try await rooms.join("nothing", user: "ann").status == 404)
      let invalid = try await rooms.api.ask(
        "POST", "/v1/rooms/\(room)/tickets", token: "nobody:can:USER")
      #expect(invalid.status == 401)
    }
  }

  @Test func `who does not come back within the grace is passed over`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create(["capacity": 1, "grace_seconds": 15])
      let inside = try await rooms.ticket(room, user: "ann")
      _ = try await rooms.admission(room, inside)
      let lapsing = try await rooms.ticket(room, user: "ben")
      let staying = try await rooms.ticket(room, user: "cat")
      try await eventually(within: .seconds(60), "the other moves up") {
        let told = try await rooms.poll(room, staying)
        #expect(told.status == 200)
        return try told.json["data"]?["position"] == 1
      }
      #expect(try await rooms.poll(room, lapsing).code == "EXPIRED")
      #expect(try await rooms.join(room, user: "ben").json["data"]?["number"] == 4)
    }
  }

  @Test func `before the opening nobody is admitted, and then in the order of the lot`()
    async throws
  {
    try await withRooms { rooms in
      let room = try await rooms.create([
        "opens_at": "2099-01-01T00:00:00Z", "prequeue_shuffle": true,
      ])
      var tickets: [String] = []
      for user in 1...20 { tickets.append(try await rooms.ticket(room, user: "U\(user)")) }
      let told = try #require(try await rooms.poll(room, tickets[3]).json["data"])
      #expect(told["status"] == "WAITING")
      #expect(told["position"] == .null)
      #expect(told["opens_at"] == "2099-01-01T00:00:00.000Z")
      let before = try #require(
        try await rooms.ask("GET", "/v1/admin/rooms/\(room)").json["data"]?["prequeue"])
      #expect(before["seed"] == .null)
      let commitment = try #require(before["commitment"]?.string)
      let opened = try await rooms.change(room, ["opens_at": "\(WallClock.system.now())"])
      #expect(opened.status == 200, "\(opened.text)")
      for ticket in tickets { _ = try await rooms.admission(room, ticket) }
      let after = try #require(
        try await rooms.ask("GET", "/v1/admin/rooms/\(room)").json["data"]?["prequeue"])
      let seed = try #require(after["seed"]?.string.flatMap { ShuffleSeed(hexadecimal: $0) })
      #expect(seed.commitment == commitment)
      #expect(after["count"] == 20)
      let late = try await rooms.change(room, ["opens_at": "2099-01-01T00:00:00Z"])
      #expect(late.field == "opens_at")
    }
  }

  @Test func `a listed user passes, a closed room takes nobody`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create(["queueing": "reject", "bypass": ["vip"]])
      let refused = try await rooms.join(room, user: "ann")
      #expect(refused.status == 410)
      #expect(refused.code == "CLOSED")
      let passed = try await rooms.join(room, user: "vip")
      #expect(try passed.json["data"]?["status"] == "ADMITTED")
      _ = try await rooms.change(room, ["queueing": "passthrough"])
      let all = try await rooms.join(room, user: "ann")
      #expect(try all.json["data"]?["status"] == "ADMITTED", "\(all.text)")
    }
  }

  @Test func `lots admit everybody in the end`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create(["queueing": "random"])
      for user in 1...10 {
        let ticket = try await rooms.ticket(room, user: "U\(user)")
        _ = try await rooms.admission(room, ticket)
      }
    }
  }

  @Test func `a ticket that was given before its room began anew is one of before`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create()
      let node = rooms.node
      let found = try await node.roomDirectory.load(
        try #require(Identifier(room)), of: try #require(TenantID("shop")))
      let entry = try #require(found)
      // Another connection than the joins', which holds back what the scripts write.
      let pauser = RedisClient(
        configuration: node.redis.configuration, loop: node.loop, name: "pauser")
      pauser.start()
      defer { pauser.close() }
      try await pauser.whenReady(deadline: .seconds(30))
      _ = try await pauser.send(RedisCommand("CLIENT", "PAUSE", 60_000, "WRITE"))
      var joined: HTTPTestResponse?
      let joining = node.loop.spawn { joined = try? await rooms.join(room, user: "ann") }
      try await eventually("the join is sent") {
        String(decoding: node.metrics.render(), as: UTF8.self)
          .contains("spillway_room_join_batch_size_count 1\n")
      }
      var anew = entry.room
      anew.generation += 1
      anew.version += 1
      entry.update(anew)
      _ = try await pauser.send(RedisCommand("CLIENT", "UNPAUSE"))
      await joining.value
      let answer = try #require(joined)
      #expect(answer.status == 201, "\(answer.text)")
      let text = try #require(try answer.json["data"]?["ticket"]?.string)
      let ticket = Array(text.utf8).withUnsafeBytes { entry.tokens.ticket($0) }
      #expect(ticket?.generation == anew.generation - 1)
    }
  }

  @Test func `a loop that has not heard that all were revoked knows the tickets that came since`()
    async throws
  {
    try await withRooms { rooms in
      let room = try await rooms.create()
      let path = try await rooms.campaign(behind: room)
      let found = try await rooms.node.roomDirectory.load(
        try #require(Identifier(room)), of: try #require(TenantID("shop")))
      let entry = try #require(found)
      let before = entry.room
      let old = try await rooms.ticket(room, user: "ann")
      let revoked = try await rooms.ask(
        "POST", "/v1/admin/rooms/\(room)/revocations", ["all": true])
      #expect(revoked.status == 200, "\(revoked.text)")
      try await eventually("Redis knows of it") {
        try await rooms.join(room, user: "ann").json["data"]?["ticket"] != nil
      }
      let anew = try await rooms.ticket(room, user: "ann")
      let admission = try await rooms.admission(room, anew)
      func forget() {
        entry.room = before
        entry.path.generation = before.generation
      }
      forget()
      #expect(try await rooms.poll(room, anew).status == 200)
      #expect(try await rooms.poll(room, old).status == 410)
      forget()
      #expect(try await rooms.claim(path, user: "ann", admission: admission).status == 201)
      forget()
      #expect(try await rooms.leave(room, anew).status == 204)
      #expect(try await rooms.poll(room, anew).status == 410)
      let next = try await rooms.ticket(room, user: "ann")
      #expect(next != anew)
      #expect(try await rooms.poll(room, next).status == 200)
    }
  }

  @Test func `a loop that comes back to a room joins visitors to its new generation`()
    async throws
  {
    try await withRooms { rooms in
      let room = try await rooms.create()
      try await withAnotherNode(beside: rooms.node) { other in
        let found = try await other.roomDirectory.load(
          try #require(Identifier(room)), of: try #require(TenantID("shop")))
        let entry = try #require(found)
        #expect(entry.room.generation == 1)
        // As after a while in which nobody asked it for the room.
        other.roomDirectory.stop()
        let revoked = try await rooms.ask(
          "POST", "/v1/admin/rooms/\(room)/revocations", ["all": true])
        #expect(revoked.status == 200, "\(revoked.text)")
        // Operators do not wait for as long as a slow machine may take to tell Redis.
        try await eventually("Redis knows of it") {
          try await rooms.join(room, user: "ann").json["data"]?["ticket"] != nil
        }
        // Whoever admits tells nodes of the room at the same moment.
        _ = try await rooms.admission(room, try await rooms.ticket(room, user: "ann"))
        try await eventually("what the loop read before is old") {
          !other.tickets.isFresh(entry)
        }
        await withCheckedContinuation { continuation in
          other.tickets.whenFresh(entry) { continuation.resume() }
        }
        #expect(entry.room.generation == 2)
        #expect(other.tickets.isFresh(entry))
      }
    }
  }

  @Test func `who leaves by one loop is out for all others at once`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create(["capacity": 1])
      let admitted = try await rooms.ticket(room, user: "ann")
      _ = try await rooms.admission(room, admitted)
      let waiting = try await rooms.ticket(room, user: "ben")
      try await withAnotherNode(beside: rooms.node) { other in
        let tenant = try #require(TenantID("shop"))
        let id = try #require(Identifier(room))
        _ = try await other.roomDirectory.load(id, of: tenant)
        // What it learns from here on, it is told.
        other.roomDirectory.stop()
        for (number, ticket) in [(1, admitted), (2, waiting)] {
          #expect(try await rooms.leave(room, ticket).status == 204)
          try await eventually("the other loop hears of it") {
            guard case .known(let entry) = other.roomDirectory.find(id, of: tenant) else {
              return false
            }
            return entry.hasEnded(number)
          }
          #expect(try await rooms.poll(room, ticket).status == 410)
        }
      }
    }
  }
}
