import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct RateScriptTests {
  private typealias Request = RateBench.Request

  private static func policy(
    _ limit: Int, per seconds: Int, burst: Int, isShadow: Bool = false
  ) -> RateBench.Policy {
    RateBench.Policy(
      quota: RateQuota(limit: limit, windowSeconds: seconds, burst: burst)!, isShadow: isShadow)
  }

  private static let start = 1_700_000_000_000_000

  @Test func `a burst is let through, and no more until its time`() async throws {
    try await RateBench.run { bench in
      let policies = [Self.policy(6, per: 60, burst: 3)]
      let request = Request(items: [(0, 0)])
      let first = try await bench.decide(
        policies, Array(repeating: request, count: 4), now: Self.start)
      #expect(first.lines == ["A+10000000", "A+20000000", "A+30000000", "D-30000000"])
      let early = try await bench.decide(policies, [request], now: Self.start + 9_999_999)
      #expect(early.lines == ["D-20000001"])
      let legal = try await bench.decide(policies, [request], now: Self.start + 10_000_000)
      #expect(legal.lines == ["A+30000000"])
    }
  }

  @Test func `a limit of one lets the first through, on Redis' own clock`() async throws {
    try await RateBench.run { bench in
      let request = Request(items: [(0, 0)])
      let answer = try await bench.decide(
        [Self.policy(1, per: 3600, burst: 1)], [request, request])
      #expect(answer.lines == ["A+3600000000", "D-3600000000"])
      #expect(answer.now > 1_700_000_000_000_000)
    }
  }

  @Test func `a request refused by one policy is charged to none`() async throws {
    try await RateBench.run { bench in
      let policies = [Self.policy(10, per: 10, burst: 10), Self.policy(1, per: 10, burst: 1)]
      let both = Request(items: [(0, 0), (1, 1)])
      let wide = Request(items: [(0, 0)])
      let answer = try await bench.decide(policies, [both, both, wide], now: Self.start)
      #expect(answer.lines == ["A+1000000+10000000", "D+1000000-10000000", "A+2000000"])
    }
  }

  @Test func `a shadow policy tells, counts and refuses nothing`() async throws {
    try await RateBench.run { bench in
      let policies = [
        Self.policy(10, per: 10, burst: 3), Self.policy(1, per: 10, burst: 1, isShadow: true),
      ]
      let both = Request(items: [(0, 0), (1, 1)])
      let answer = try await bench.decide(
        policies, Array(repeating: both, count: 4), now: Self.start)
      #expect(
        answer.lines == [
          "A+1000000+10000000", "A+2000000-10000000", "A+3000000-10000000", "D-3000000-10000000",
        ])
    }
  }

  @Test func `a cost is taken whole or not at all`() async throws {
    try await RateBench.run { bench in
      let policies = [Self.policy(10, per: 10, burst: 10)]
      let answer = try await bench.decide(
        policies, [7, 4, 3, 1].map { Request(cost: $0, items: [(0, 0)]) }, now: Self.start)
      #expect(answer.lines == ["A+7000000", "D-7000000", "A+10000000", "D-10000000"])
    }
  }

  @Test func `a peek tells what a charge would bring, and changes nothing`() async throws {
    try await RateBench.run { bench in
      let policies = [Self.policy(2, per: 10, burst: 2)]
      let peek = Request(action: .peek, items: [(0, 0)])
      let charge = Request(items: [(0, 0)])
      let answer = try await bench.decide(
        policies, [peek, peek, charge, peek, charge, peek], now: Self.start)
      #expect(
        answer.lines == [
          "A+0", "A+0", "A+5000000", "A+5000000", "A+10000000", "D-10000000",
        ])
      let other = try await bench.decide(
        policies, [Request(action: .peek, items: [(1, 0)])], now: Self.start)
      #expect(other.lines == ["A+0"])
      #expect(try await bench.client.send(RedisCommand("EXISTS", bench.key(1))) == .integer(0))
    }
  }

  @Test func `a refund gives a charge back, and never more than the burst`() async throws {
    try await RateBench.run { bench in
      let policies = [Self.policy(2, per: 10, burst: 2)]
      let charge = Request(items: [(0, 0)])
      let refund = Request(action: .refund, items: [(0, 0)])
      let answer = try await bench.decide(
        policies, [charge, charge, charge, refund, charge, refund, refund, refund, charge],
        now: Self.start)
      #expect(
        answer.lines == [
          "A+5000000", "A+10000000", "D-10000000", "A+5000000", "A+10000000", "A+5000000", "A+0",
          "A+0", "A+5000000",
        ])
      _ = try await bench.decide(policies, [refund], now: Self.start)
      #expect(try await bench.client.send(RedisCommand("EXISTS", bench.key(0))) == .integer(0))
    }
  }

  @Test func `a key lives until its arrival has passed`() async throws {
    try await RateBench.run { bench in
      let policies = [Self.policy(1, per: 60, burst: 1), Self.policy(1000, per: 1, burst: 1)]
      let request = Request(items: [(0, 0), (1, 1)])
      _ = try await bench.decide(policies, [request])
      let life = try await bench.client.send(RedisCommand("PTTL", bench.key(0))).integer ?? -1
      #expect((50_000...60_001).contains(life))
      try await eventually {
        try await bench.client.send(RedisCommand("EXISTS", bench.key(1))) == .integer(0)
      }
    }
  }

  @Test(arguments: ["text", "12 ", "-5", "1e400", "nan", "0x7f 1", "99999999999999999999 1"])
  func `a key with another text counts as one that was never charged, or as full`(
    text: String
  ) async throws {
    try await RateBench.run { bench in
      _ = try await bench.client.send(RedisCommand("SET", bench.key(0), text))
      let policies = [Self.policy(2, per: 10, burst: 2)]
      let answer = try await bench.decide(policies, [Request(items: [(0, 0)])], now: Self.start)
      let isFull = text.hasPrefix("99") || text == "1e400"
      #expect(answer.lines == [isFull ? "D-10000000" : "A+5000000"])
    }
  }

  @Test func `a key of another type counts as one that was never charged, and is replaced`()
    async throws
  {
    try await RateBench.run { bench in
      _ = try await bench.client.send(RedisCommand("HSET", bench.key(0), "a", "b"))
      let policies = [Self.policy(2, per: 10, burst: 2)]
      let request = Request(items: [(0, 0)])
      let answer = try await bench.decide(policies, [request, request, request])
      #expect(answer.lines == ["A+5000000", "A+10000000", "D-10000000"])
      #expect(
        try await bench.client.send(RedisCommand("TYPE", bench.key(0))) == .status("string"))
    }
  }

  @Test func `a changed policy never holds a key longer than its own burst`() async throws {
    try await RateBench.run { bench in
      let daily = [Self.policy(1, per: 86_400, burst: 1)]
      let request = Request(items: [(0, 0)])
      _ = try await bench.decide(daily, [request], now: Self.start)
      let generous = [Self.policy(3, per: 1, burst: 1)]
      let answer = try await bench.decide(generous, [request], now: Self.start)
      #expect(answer.lines == ["D-333333:1"])
      let later = try await bench.decide(
        generous, [Request(action: .refund, items: [(0, 0)]), request], now: Self.start + 5)
      #expect(later.lines == ["A+0", "A+333333:1"])
    }
  }

  @Test func `more keys than one command takes are all decided`() async throws {
    try await RateBench.run { bench in
      let policies = [Self.policy(1, per: 60, burst: 1)]
      let requests = (0..<2500).map { Request(items: [(key: $0, policy: 0)]) }
      let first = try await bench.decide(policies, requests, now: Self.start)
      #expect(first.lines.count == 2500 && first.lines.allSatisfy { $0 == "A+60000000" })
      let again = try await bench.decide(policies, requests, now: Self.start)
      #expect(again.lines.count == 2500 && again.lines.allSatisfy { $0 == "D-60000000" })
    }
  }
}
