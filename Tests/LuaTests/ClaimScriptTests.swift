import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct ClaimScriptTests {
  typealias Claim = ScriptBench.Claim

  @Test func `coupons are numbered in order and a repeat returns the one held`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 3), id: id)
      #expect(try await bench.claim(id, "ann", "ben") == ["G1", "G2"])
      let again = try await bench.claim(id, "ann", "cat", "dan")
      #expect(again[0].hasPrefix("H1:"))
      #expect(Array(again.dropFirst()) == ["G3", "S1"])
    }
  }

  @Test func `one user twice in a batch gets one coupon`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 3), id: id)
      let answers = try await bench.claim(id, "ann", "ann", "ben")
      #expect(answers[0] == "G1")
      #expect(answers[1].hasPrefix("H1:"))
      #expect(answers[2] == "G2")
    }
  }

  @Test func `a batch of which each user is new is granted as far as there is something left`()
    async throws
  {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 5), id: id)
      #expect(try await bench.claim(id, "ann", "ben", "cat") == ["G1", "G2", "G3"])
      #expect(try await bench.claim(id, "dan", "eva", "fay") == ["G4", "G5", "S1"])
      let holders = try await bench.client.send(RedisCommand("HLEN", bench.keys.holders(id)))
      #expect(holders == .integer(5))
      #expect(
        try await bench.facts().map { $0.items.map(\.user) } == [
          ["ann", "ben", "cat"], ["dan", "eva"],
        ])
    }
  }

  @Test func `a holder in a batch of new users changes nothing for these`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 9, limit: 2), id: id)
      #expect(try await bench.claim(id, "ann", "ben") == ["G1", "G2"])
      #expect(try await bench.claim(id, "cat", "ann", "dan") == ["G3", "G4", "G5"])
      let coupons = try await bench.client.send(
        RedisCommand("HGET", bench.keys.holders(id), "ann"))
      #expect(coupons.text?.split(separator: ",").map { $0.prefix(2) } == ["1:", "4:"])
    }
  }

  @Test func `what was granted stands in the stream, once a batch`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 10, limit: 2), id: id)
      _ = try await bench.claim(id, "ann", "ben")
      _ = try await bench.claim(id, "ann", "cat")
      let facts = try await bench.facts()
      #expect(facts.map(\.firstSequence) == [1, 3])
      #expect(facts.map { $0.items.map(\.user) } == [["ann", "ben"], ["ann", "cat"]])
      #expect(facts[1].items.map(\.ordinal) == [2, 1])
      #expect(facts.allSatisfy { $0.campaign == id })
    }
  }

  @Test func `another lease, or none, closes the cell`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 1), id: id)
      #expect(try await bench.claim(id, [Claim(user: "ann")], lease: "2:test") == ["X"])
      _ = try await bench.client.send(RedisCommand("DEL", bench.keys.lease))
      #expect(try await bench.claim(id, [Claim(user: "ann")]) == ["X"])
      #expect(try await bench.facts().isEmpty)
    }
  }

  @Test func `a full stream sheds the batch and changes nothing`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 5), id: id)
      _ = try await bench.claim(id, "ann")
      #expect(try await bench.claim(id, [Claim(user: "ben")], streamLimit: 1) == ["B"])
      #expect(try await bench.claim(id, "ben") == ["G2"])
    }
  }

  @Test func `before the opening and after the closing nothing is issued`() async throws {
    try await ScriptBench.run { bench in
      let (early, late) = (ScriptBench.campaignID(), ScriptBench.campaignID())
      var terms = CampaignTerms.open(quantity: 5)
      terms.opensAt = Instant(milliseconds: 3_000_000_000_000)
      try await bench.put(terms, id: early)
      terms = .open(quantity: 5)
      terms.closesAt = Instant(milliseconds: 1)
      try await bench.put(terms, id: late)
      #expect(try await bench.claim(early, "ann") == ["N3000000000000"])
      #expect(try await bench.claim(late, "ann") == ["C"])
      #expect(try await bench.claim(ScriptBench.campaignID(), "ann") == ["U"])
    }
  }

  @Test func `an idempotency key brings the same coupon, and refuses another request`()
    async throws
  {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 5, limit: 3), id: id)
      let key = (digest: "d1", fingerprint: "f1")
      let claim = Claim(user: "ann", idempotency: key)
      #expect(try await bench.claim(id, [claim])[1] == "G1")
      #expect(try await bench.claim(id, [claim])[1].hasPrefix("R1:"))
      let other = Claim(user: "ann", idempotency: ("d1", "f2"))
      #expect(try await bench.claim(id, [other])[1] == "M")
      #expect(try await bench.claim(id, "ann") == ["G2"])
      let life = try await bench.millisecondsToLive(bench.keys.idempotency(digest: "d1"))
      #expect((86_000_000...86_400_000).contains(life))
      #expect(try await bench.facts()[0].items[0].idempotency?.digest == "d1")
    }
  }

  @Test func `a rate policy of one request a minute lets the first through`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      let policy = RatePolicy(limit: 1, windowMilliseconds: 60_000, burst: 1, scope: .user)
      try await bench.put(.open(quantity: 5, limit: 5, ratePolicy: policy), id: id)
      let claim = Claim(user: "ann", rated: true)
      let answers = try await bench.claim(id, [claim, claim, Claim(user: "ben", rated: true)])
      #expect(answers[1] == "G1|0|60000")
      let refusal = answers[2].split(separator: "|")
      #expect(refusal[0].hasPrefix("L"))
      #expect((59_000...60_000).contains(Int(refusal[0].dropFirst()) ?? 0))
      #expect(refusal[1] == "0")
      #expect(answers[3] == "G2|0|60000")
      let life = try await bench.millisecondsToLive(bench.keys.rate(id, user: "ann"))
      #expect((1...60_001).contains(life))
    }
  }

  @Test func `a rate policy tells how much of its burst is left`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      let policy = RatePolicy(limit: 6, windowMilliseconds: 60_000, burst: 3, scope: .user)
      try await bench.put(.open(quantity: 5, limit: 5, ratePolicy: policy), id: id)
      let claim = Claim(user: "ann", rated: true)
      let answers = try await bench.claim(id, [claim, claim, claim, claim])
      #expect(answers[1] == "G1|2|10000")
      #expect(answers[2] == "G2|1|20000")
      #expect(answers[3] == "G3|0|30000")
      #expect(answers[4] == "L10000|0|30000")
    }
  }

  @Test func `who is not eligible gets no coupon, but keeps the one held`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 1), id: id)
      #expect(try await bench.claim(id, "ann") == ["G1"])
      let answers = try await bench.claim(
        id, [Claim(user: "ann", isEligible: false), Claim(user: "ben", isEligible: false)])
      #expect(answers[1].hasPrefix("H1:"))
      #expect(answers[2] == "E")
    }
  }

  @Test func `a key of another type is an error and changes nothing`() async throws {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      try await bench.put(.open(quantity: 5), id: id)
      _ = try await bench.client.send(RedisCommand("SET", bench.keys.holders(id), "text"))
      let answer = try? await bench.claim(id, "ann")
      #expect(answer == nil || answer!.allSatisfy { $0.contains("WRONGTYPE") })
      #expect(try await bench.facts().isEmpty)
    }
  }

  @Test func `an older version of a campaign changes nothing, a newer one adds quantity`()
    async throws
  {
    try await ScriptBench.run { bench in
      let id = ScriptBench.campaignID()
      let applied = try await bench.put(.open(quantity: 1), id: id, version: 2)
      #expect(applied == 1)
      #expect(try await bench.put(.open(quantity: 9), id: id, version: 1) == 0)
      #expect(try await bench.claim(id, "ann", "ben") == ["G1", "S2"])
      #expect(try await bench.put(.open(quantity: 2), id: id, version: 3) == 1)
      #expect(try await bench.claim(id, "ben", "cat") == ["G2", "S3"])
    }
  }
}
