import Domain
import Services
import TestSupport
import Testing

@testable import API

/// Routes behind a room.
@Suite struct AdmissionTests {
  @Test func `a claim behind a room needs an admission to that room`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create()
      let other = try await rooms.create()
      let path = try await rooms.campaign(behind: room)
      let without = try await rooms.claim(path, user: "ann")
      #expect(without.status == 403)
      #expect(without.code == "ADMISSION_REQUIRED")
      let ticket = try await rooms.ticket(room, user: "ann")
      let admission = try await rooms.admission(room, ticket)
      let foreign = try await rooms.admission(other, try await rooms.ticket(other, user: "ann"))
      for token in [
        "x", ticket, foreign, String(admission.dropLast()) + "_", admission + "A",
      ] where token != admission {
        let refused = try await rooms.claim(path, user: "ann", admission: token)
        #expect(refused.code == "ADMISSION_REQUIRED", "\(token): \(refused.text)")
      }
      // Somebody else's admission is nobody's.
      let replayed = try await rooms.claim(path, user: "eve", admission: admission)
      #expect(replayed.code == "ADMISSION_REQUIRED")
      #expect(try await rooms.claim(path, user: "ann", admission: admission).status == 201)
      #expect(try await rooms.claim(path, user: "ann", admission: admission).status == 200)
    }
  }

  @Test func `a guest's admission belongs to the first user who comes with it`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create()
      let path = try await rooms.campaign(behind: room)
      let joined = try await rooms.join(room)
      let ticket = try #require(try joined.json["data"]?["ticket"]?.string)
      let admission = try await rooms.admission(room, ticket)
      for status in [201, 200] {
        #expect(
          try await rooms.claim(path, user: "ann", admission: admission).status == status)
      }
      #expect(
        try await rooms.claim(path, user: "eve", admission: admission).code
          == "ADMISSION_REQUIRED")
    }
  }

  @Test func `who left or was revoked is outside`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create()
      let path = try await rooms.campaign(behind: room)
      let ticket = try await rooms.ticket(room, user: "ann")
      let admission = try await rooms.admission(room, ticket)
      #expect(try await rooms.leave(room, ticket).status == 204)
      #expect(
        try await rooms.claim(path, user: "ann", admission: admission).code
          == "ADMISSION_REQUIRED")
      let second = try await rooms.ticket(room, user: "ben")
      let revoked = try await rooms.admission(room, second)
      let answer = try await rooms.ask(
        "POST", "/v1/admin/rooms/\(room)/revocations", ["users": ["ben", "nobody"]])
      #expect(try answer.json["data"]?["revoked"] == 1, "\(answer.text)")
      #expect(
        try await rooms.claim(path, user: "ben", admission: revoked).code == "ADMISSION_REQUIRED")
      #expect(try await rooms.poll(room, second).status == 410)
    }
  }

  @Test func `a new generation ends all tickets and admissions`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create()
      let path = try await rooms.campaign(behind: room)
      let ticket = try await rooms.ticket(room, user: "ann")
      let admission = try await rooms.admission(room, ticket)
      let answer = try await rooms.ask(
        "POST", "/v1/admin/rooms/\(room)/revocations", ["all": true])
      #expect(try answer.json["data"]?["generation"] == 2, "\(answer.text)")
      #expect(try await rooms.poll(room, ticket).code == "EXPIRED")
      #expect(
        try await rooms.claim(path, user: "ann", admission: admission).code
          == "ADMISSION_REQUIRED")
      let anew = try await rooms.ticket(room, user: "ann")
      let token = try await rooms.admission(room, anew)
      #expect(try await rooms.claim(path, user: "ann", admission: token).status == 201)
    }
  }

  @Test func `an admission that is over lets nobody in`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create(["session_seconds": 5])
      let path = try await rooms.campaign(behind: room)
      let ticket = try await rooms.ticket(room, user: "ann")
      let admission = try await rooms.admission(room, ticket)
      try await eventually("the session is over") {
        try await rooms.poll(room, ticket).code == "EXPIRED"
      }
      #expect(
        try await rooms.claim(path, user: "ann", admission: admission).code
          == "ADMISSION_REQUIRED")
    }
  }

  @Test func `a claim that was granted is answered again when the admission is over`()
    async throws
  {
    try await withRooms { rooms in
      let room = try await rooms.create()
      let path = try await rooms.campaign(behind: room, limit: 2)
      let ticket = try await rooms.ticket(room, user: "ann")
      let admission = try await rooms.admission(room, ticket)
      let granted = try await rooms.claim(path, user: "ann", admission: admission, key: "first")
      #expect(granted.status == 201, "\(granted.text)")
      #expect(try await rooms.leave(room, ticket).status == 204)
      let again = try await rooms.claim(path, user: "ann", admission: admission, key: "first")
      #expect(again.status == 201, "\(again.text)")
      #expect(again.headers["idempotent-replayed"] == "true")
      #expect(try again.json["data"] == granted.json["data"])
      // There is one more for the user, for which there was no admission.
      for key in ["second", nil] {
        let more = try await rooms.claim(path, user: "ann", admission: admission, key: key)
        #expect(more.status == 403, "\(more.text)")
        #expect(more.code == "ADMISSION_REQUIRED")
      }
      // Who shows none, or one that nobody gave, is not asked after.
      for token in [nil, "forged"] {
        let bare = try await rooms.claim(path, user: "ann", admission: token, key: "first")
        #expect(bare.code == "ADMISSION_REQUIRED")
      }
      // Nobody else has an answer that could come again.
      let foreign = try await rooms.claim(path, user: "eve", admission: admission, key: "first")
      #expect(foreign.code == "ADMISSION_REQUIRED")
    }
  }

  @Test func `who is at the limit gets the same coupon when the admission is over`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create()
      let path = try await rooms.campaign(behind: room)
      let ticket = try await rooms.ticket(room, user: "ann")
      let admission = try await rooms.admission(room, ticket)
      let granted = try await rooms.claim(path, user: "ann", admission: admission)
      #expect(granted.status == 201, "\(granted.text)")
      #expect(try await rooms.leave(room, ticket).status == 204)
      let held = try await rooms.claim(path, user: "ann", admission: admission)
      #expect(held.status == 200, "\(held.text)")
      #expect(try held.json["data"] == granted.json["data"])
    }
  }

  @Test func `listed users and a passthrough room need no admission`() async throws {
    try await withRooms { rooms in
      let room = try await rooms.create(["bypass": ["vip"]])
      let path = try await rooms.campaign(behind: room)
      #expect(try await rooms.claim(path, user: "vip").status == 201)
      #expect(try await rooms.claim(path, user: "ann").code == "ADMISSION_REQUIRED")
      _ = try await rooms.change(room, ["queueing": "passthrough"])
      #expect(try await rooms.claim(path, user: "ann").status == 201)
    }
  }

  @Test func `a passthrough room admits nobody before its opening, but listed users`()
    async throws
  {
    try await withRooms { rooms in
      let room = try await rooms.create([
        "queueing": "passthrough", "opens_at": "2099-01-01T00:00:00Z", "bypass": ["vip"],
      ])
      let path = try await rooms.campaign(behind: room)
      let joined = try await rooms.join(room, user: "ann")
      #expect(try joined.json["data"]?["status"] == "WAITING", "\(joined.text)")
      #expect(try await rooms.claim(path, user: "ann").code == "ADMISSION_REQUIRED")
      #expect(try await rooms.claim(path, user: "vip").status == 201)
      _ = try await rooms.change(room, ["opens_at": "\(WallClock.system.now())"])
      try await eventually("all are admitted") {
        try await rooms.claim(path, user: "ann").status == 201
      }
    }
  }

  @Test func `a campaign names a room of its own tenant`() async throws {
    try await withRooms { rooms in
      let foreign = try await rooms.create(tenant: "other")
      var body = CampaignReaderTests.minimal
      body = CampaignReaderTests.replacing("room_id", in: body, by: .string(foreign))
      let refused = try await rooms.ask("POST", "/v1/admin/campaigns", body)
      #expect(refused.status == 400)
      #expect(refused.field == "room_id")
    }
  }
}
