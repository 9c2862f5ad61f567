import Domain
import EventLoop
import HotPath
import Ledger
import Postgres
import Redis
import Services
import TestSupport
import Testing

@testable import API

@Suite struct IdempotencyTests {
  private static func key(_ text: String) -> [(String, String)] { [("X-Idempotency-Key", text)] }

  @Test func `a repeat gets the first response, marked, and the effect happens once`() async throws
  {
    try await withOnce { once in
      let first = try await once.send("k1")
      let again = try await once.send("k1")
      #expect(first.status == 201 && again.status == 201)
      #expect(first.header("Idempotent-Replayed") == nil)
      #expect(again.header("Idempotent-Replayed") == "true")
      #expect(again.header("X-Made") == "yes")
      #expect(try first.json["data"] == again.json["data"])
      #expect(try first.json["request_id"] != again.json["request_id"])
      #expect(once.services.runs == 1)
      #expect(try await once.send("k2").status == 201)
      #expect(once.services.runs == 2)
    }
  }

  @Test func `members in another order are the same body, another value or path is not`()
    async throws
  {
    try await withOnce { once in
      #expect(try await once.send("k", body: #"{"a":1,"b":{"c":2,"d":[3]}}"#).status == 201)
      let same = try await once.send("k", body: #"{ "b": {"d":[3],"c":2}, "a":1 }"#)
      #expect(same.status == 201 && same.header("Idempotent-Replayed") == "true")
      for other in [
        try await once.send("k", body: #"{"a":2,"b":{"c":2,"d":[3]}}"#),
        try await once.send("k", path: "/v1/things/2", body: #"{"a":1,"b":{"c":2,"d":[3]}}"#),
        try await once.send("k", path: "/v1/things/1?x=1", body: #"{"a":1,"b":{"c":2,"d":[3]}}"#),
      ] {
        #expect(other.status == 422 && other.code == "IDEMPOTENCY_KEY_REUSE")
      }
      #expect(once.services.runs == 1)
    }
  }

  @Test func `users and tenants have keys of their own`() async throws {
    try await withOnce { once in
      #expect(try await once.send("k", user: "ann").status == 201)
      let ben = try await once.send("k", user: "ben")
      #expect(ben.status == 201 && ben.header("Idempotent-Replayed") == nil)
      let other = try await once.send("k", user: "ann", tenant: "other")
      #expect(other.status == 201 && other.header("Idempotent-Replayed") == nil)
      #expect(once.services.runs == 3)
    }
  }

  @Test func `a repeat that has waited a little for the first is told to come again`() async throws
  {
    try await withOnce { once in
      once.services.isHeld = true
      var first: HTTPTestResponse?
      let task = once.api.loop.spawn { first = try? await once.send("k") }
      try await eventually { once.services.runs == 1 }
      let early = try await once.send("k")
      #expect(early.status == 409 && early.code == "IDEMPOTENCY_IN_PROGRESS")
      #expect(Int(early.header("Retry-After") ?? "") ?? 0 >= 1)
      once.services.isHeld = false
      await task.value
      #expect(first?.status == 201)
      #expect(once.services.runs == 1)
    }
  }

  @Test func `a repeat waits for the first, and is answered as that was`() async throws {
    try await withOnce(patience: .seconds(20)) { once in
      once.services.isHeld = true
      var first: HTTPTestResponse?
      let task = once.api.loop.spawn { first = try? await once.send("k") }
      try await eventually { once.services.runs == 1 }
      var waiting: HTTPTestResponse?
      let second = once.api.loop.spawn { waiting = try? await once.send("k") }
      await once.api.loop.sleep(for: .milliseconds(50))
      once.services.isHeld = false
      await task.value
      await second.value
      #expect(first?.status == 201)
      let answer = try #require(waiting)
      #expect(answer.status == 201 && answer.header("Idempotent-Replayed") == "true")
      #expect(once.services.runs == 1)
    }
  }

  @Test func `after a crash in the middle the next attempt takes over`() async throws {
    try await withOnce { once in
      // What a node leaves behind that died between beginning and end.
      once.services.outcome = .vanish
      let identity = try await once.identity("k")
      let records = RequestRecords(router: once.router)
      _ = try await records.begin(
        identity, of: TenantID("shop")!, owner: "dead", lease: .milliseconds(300))
      once.services.outcome = .succeed
      try await eventually { try await once.send("k").status == 201 }
      #expect(once.services.runs == 1)
      let repeated = try await once.send("k")
      #expect(repeated.header("Idempotent-Replayed") == "true")
    }
  }

  @Test func `a refusal is not kept: the next attempt is answered as things stand then`()
    async throws
  {
    try await withOnce { once in
      once.services.outcome = .refuse
      let refusal = try await once.send("k")
      #expect(refusal.status == 404)
      once.services.outcome = .succeed
      #expect(try await once.send("k").status == 201)
      #expect(once.services.runs == 2)
    }
  }

  @Test func `a response too long to be kept is not given twice, and the effect not had twice`()
    async throws
  {
    try await withOnce { once in
      once.services.outcome = .long
      #expect(try await once.send("k").status == 201)
      let again = try await once.send("k")
      #expect(again.status == 409 && again.code == "CONFLICT")
      #expect(again.header("Idempotent-Replayed") == "true")
      #expect(once.services.runs == 1)
    }
  }

  @Test func `a wiped Redis does not make the ledger do it twice`() async throws {
    try await withOnce { once in
      let first = try await once.send("k", path: "/v1/recorded/1")
      #expect(first.status == 201)
      try await once.wipe("k", path: "/v1/recorded/1")
      let again = try await once.send("k", path: "/v1/recorded/1")
      #expect(again.status == 201 && again.header("Idempotent-Replayed") == "true")
      #expect(try first.json["data"] == again.json["data"])
      #expect(once.services.runs == 1)
      try await once.wipe("k", path: "/v1/recorded/1")
      let other = try await once.send("k", path: "/v1/recorded/2")
      #expect(other.status == 422 && other.code == "IDEMPOTENCY_KEY_REUSE")
    }
  }

  @Test func `the ledger keeps no longer response than Redis, and answers a repeat alike`()
    async throws
  {
    try await withOnce { once in
      let path = "/v1/recorded/1"
      once.services.outcome = .long
      let first = try await once.send("k", path: path)
      #expect(first.status == 201 && first.body.count > APIResponse.maximumKept)
      try await once.wipe("k", path: path)
      let again = try await once.send("k", path: path)
      #expect(again.status == 409 && again.code == "CONFLICT")
      #expect(again.header("Idempotent-Replayed") == "true")
      #expect(once.services.runs == 1)
      let longest = try await once.pool.query(
        Statement(
          "test_longest",
          "select max(octet_length(response))::bigint from spillway.idempotency_records"), [])
      #expect(try longest[0].decode(0, as: Int.self) < APIResponse.maximumKept)
    }
  }

  @Test func `a time that is over makes a key new`() async throws {
    try await withOnce { once in
      #expect(try await once.send("k", path: "/v1/recorded/1").status == 201)
      try await once.wipe("k", path: "/v1/recorded/1")
      _ = try await once.pool.query(
        Statement(
          "test_age", "update spillway.idempotency_records set created_at = now() - interval '25 h'"
        ),
        [])
      let later = try await once.send("k", path: "/v1/recorded/1")
      #expect(later.status == 201 && later.header("Idempotent-Replayed") == nil)
      #expect(once.services.runs == 2)
    }
  }

  @Test func `without Redis a request is asked to come again, and does nothing`() async throws {
    try await withOnce { once in
      once.router.close()
      let answer = try await once.send("k")
      #expect(answer.status == 503 && answer.header("Retry-After") != nil)
      #expect(once.services.runs == 0)
    }
  }

  @Test func `without a key an optional route runs as it comes`() async throws {
    try await withOnce { once in
      for _ in 0..<2 {
        let answer = try await once.send(nil)
        #expect(answer.status == 201 && answer.header("Idempotent-Replayed") == nil)
      }
      #expect(once.services.runs == 2)
      #expect(try await once.send(nil, path: "/v1/recorded/1").status == 400)
    }
  }
}

extension HTTPTestResponse {
  fileprivate func header(_ name: String) -> String? { headers[name.lowercased()] }
}
