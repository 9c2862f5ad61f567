import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct RecallScriptTests {
  typealias Claim = ScriptBench.Claim

  @Test func `a coupon is marked once, with a stream entry, and goes on to count`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 5, limit: 2), id: id)
      #expect(try await bench.claim(id, "ann", "ben", "ann") == ["G1", "G2", "G3"])
      let before = try await bench.client.send(RedisCommand("XLEN", bench.keys.stream))
      #expect(try await bench.recall(id, "ann", [3]) == 1)
      #expect(try await bench.recall(id, "ann", [3]) == 0)
      let after = try await bench.client.send(RedisCommand("XLEN", bench.keys.stream))
      #expect(after.integer == before.integer! + 1)
      let held = try await bench.claim(id, "ann")
      #expect(held[0].hasPrefix("H1:") && !held[0].contains("!"))
      #expect(try await bench.recall(id, "ann", [1, 2]) == 1)
      #expect(try await bench.claim(id, "ann", "ben", "cat") == ["T", "G4", "G5"])
      #expect(try await bench.claim(id, "dan") == ["S1"])
      #expect(try await bench.recall(id, "nobody", [1]) == 0)
    }
  }

  @Test func `the record of a coupon's key is marked, and keeps its end`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 5, limit: 2), id: id)
      let first = [Claim(user: "ann", idempotency: ("k1", "f"))]
      let second = [Claim(user: "ann", idempotency: ("k2", "f"))]
      _ = try await bench.claim(id, first)
      _ = try await bench.claim(id, second)
      // The second digest is of a coupon that is not taken back.
      #expect(try await bench.recall(id, "ann", [1], digests: ["k1", "k2"]) == 1)
      #expect(try await bench.recall(id, "ann", [1], digests: ["k1"]) == 0)
      #expect(try await bench.claim(id, first)[1] == "T")
      #expect(try await bench.claim(id, second)[1].hasPrefix("R2:"))
      #expect(try await bench.claim(id, [Claim(user: "ann", idempotency: ("k1", "g"))])[1] == "M")
      let life = try await bench.millisecondsToLive(bench.keys.idempotency(digest: "k1"))
      #expect((86_000_000...86_400_000).contains(life))
    }
  }

  @Test func `under another lease nothing is marked`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 5), id: id)
      _ = try await bench.claim(id, "ann")
      #expect(try await bench.recall(id, "ann", [1], lease: "2:test") == nil)
      #expect(try await bench.claim(id, "ann")[0].hasPrefix("H1:"))
    }
  }
}
