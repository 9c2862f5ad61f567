import Domain
import EventLoop
import HotPath
import Redis
import TestSupport
import Testing

@testable import Services

/// With and without what nodes remember of refusals, the same requests get the same answers.
@Suite struct DenyCachePropertyTests {
  /// Requests to each of two equal worlds, one of whose nodes remember refusals.
  static let pureRequests = 150_000
  static let redisRequests = 12_000

  /// What decides in one world: a request's answer, and when the call was sent on the node's clock.
  private protocol World {
    mutating func decide(
      _ request: Play.Request, _ quotas: [RateQuota], now: Int
    ) async throws -> RateRules.Decision
  }

  private struct PureWorld: World {
    var rules = RateRules()

    mutating func decide(
      _ request: Play.Request, _ quotas: [RateQuota], now: Int
    ) -> RateRules.Decision {
      let items = request.subjects.map {
        RateRules.Item(key: "\($0.policy).\($0.subject)", quota: quotas[$0.policy])
      }
      return rules.decide(.charge, cost: request.cost, items: items, now: now)
    }
  }

  /// The script itself with a clock that the test sets, and keys that outlive it.
  private struct RedisWorld: World {
    let client: RedisClient
    let tag: String

    private static let script: Script = {
      let source = String(decoding: ScriptCatalog.chargeRates.script.source, as: UTF8.self)
        .replacing(
          "local clock = call('TIME')", with: "local clock = { ARGV[#ARGV - 1], ARGV[#ARGV] }"
        )
        .replacing("floor((arrival - now) / 1000) + 1)", with: "600000)")
      precondition(source.contains("600000") && source.contains("ARGV[#ARGV]"))
      return Script(name: "clocked", source: Array(source.utf8))
    }()

    func decide(
      _ request: Play.Request, _ quotas: [RateQuota], now: Int
    ) async throws -> RateRules.Decision {
      var arguments: [any RedisArgument] = [quotas.count]
      for quota in quotas {
        arguments += [
          quota.limit, quota.windowMicroseconds / quota.limit,
          quota.windowMicroseconds % quota.limit, quota.fullLead / quota.limit,
          quota.fullLead % quota.limit, 0,
        ]
      }
      arguments += [1, "C", request.cost, request.subjects.count]
      for (index, item) in request.subjects.enumerated() {
        arguments += [index + 1, item.policy + 1]
      }
      arguments += ["\(now / 1_000_000)", "\(now % 1_000_000)"]
      let keys = request.subjects.map { Array("{\(tag)}:\($0.policy).\($0.subject)".utf8) }
      let reply = try await client.evaluate(Self.script, keys: keys, arguments: arguments)
      let line = try #require(reply.text).split(separator: "\n")[1]
      var rest = line.dropFirst()
      let standings = request.subjects.map { item in
        let mark = rest.removeFirst()
        let digits = rest.prefix { $0.isNumber }
        rest = rest.dropFirst(digits.count)
        var lead = Int(digits)! * quotas[item.policy].limit
        if rest.first == ":" {
          let part = rest.dropFirst().prefix { $0.isNumber }
          lead += Int(part)!
          rest = rest.dropFirst(part.count + 1)
        }
        return RateStanding(conforms: mark == "+", lead: lead)
      }
      return RateRules.Decision(isAllowed: line.first == "A", standings: standings)
    }
  }

  /// Policies, subjects and nodes, and requests of theirs at random times.
  private struct Play {
    struct Request {
      var node = 0
      var cost = 1
      var subjects: [(policy: Int, subject: Int)] = []
    }

    let quotas: [RateQuota]
    let subjects: Int
    let hasOneCost: Bool
    /// Of each node's clock against Redis', which is a wall clock.
    let offsets: [Int]
    var caches: [DenyCache]
    var now = 1_700_000_000_000_000
    private(set) var answeredFromMemory = 0

    init(_ random: inout SeededGenerator) {
      quotas = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        RateQuota(
          limit: Int.random(in: 1...40, using: &random),
          windowSeconds: Int.random(in: 1...20, using: &random),
          burst: Int.random(in: 1...6, using: &random))!
      }
      subjects = Int.random(in: 1...4, using: &random)
      hasOneCost = Bool.random(using: &random)
      offsets = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        -1_700_000_000_000_000 + Int.random(in: 0...1_000_000_000, using: &random)
      }
      caches = offsets.map { _ in DenyCache() }
    }

    mutating func request(_ random: inout SeededGenerator) -> Request {
      let interval = quotas.map { $0.windowMicroseconds / $0.limit }.max()!
      switch Int.random(in: 0..<5, using: &random) {
      case 0: now += 1
      case 1: now += Int.random(in: 0...interval, using: &random)
      case 2: now += Int.random(in: 0...interval / 10, using: &random)
      case 3 where Int.random(in: 0..<40, using: &random) == 0: now += 30_000_000
      default: break
      }
      let most = hasOneCost ? 1 : quotas.map(\.burst).min()!
      return Request(
        node: Int.random(in: 0..<caches.count, using: &random),
        cost: Int.random(in: 1...most, using: &random),
        subjects: quotas.indices.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }.map {
          ($0, Int.random(in: 0..<subjects, using: &random))
        })
    }

    /// A node's answer where it remembers; nil when it has to ask.
    mutating func remembered(_ request: Request) -> Int? {
      let local = now + offsets[request.node]
      var longest: Int?
      for item in request.subjects {
        let quota = quotas[item.policy]
        if let lead = caches[request.node].refusal(
          of: key(item), quota: quota, cost: request.cost, now: local)
        {
          longest = max(longest ?? 0, quota.waitMicroseconds(lead, cost: request.cost))
        }
      }
      if longest != nil { answeredFromMemory += 1 }
      return longest
    }

    /// Lets the node remember what was refused; the call had been sent up to a millisecond before.
    mutating func remember(
      _ request: Request, _ decision: RateRules.Decision, _ random: inout SeededGenerator
    ) {
      guard !decision.isAllowed else { return }
      let sentAt = now + offsets[request.node] - Int.random(in: 0...1000, using: &random)
      for (item, standing) in zip(request.subjects, decision.standings) where !standing.conforms {
        caches[request.node].remember(
          key(item), quota: quotas[item.policy], cost: request.cost, lead: standing.lead,
          sentAt: sentAt)
      }
    }

    private func key(_ item: (policy: Int, subject: Int)) -> DenyCache.Key {
      .init(policy: item.policy, subject: RateSubject(user: "\(item.subject)"))
    }

    /// How long a refused request has to wait.
    func wait(_ request: Request, _ decision: RateRules.Decision) -> Int {
      zip(request.subjects, decision.standings).map { item, standing in
        standing.conforms
          ? 0 : quotas[item.policy].waitMicroseconds(standing.lead, cost: request.cost)
      }.max() ?? 0
    }
  }

  /// Sends `count` requests to both worlds; what their nodes answered from memory.
  private func play(
    _ count: Int, plain: inout some World, cached: inout some World,
    _ random: inout SeededGenerator
  ) async throws -> Int {
    var play = Play(&random)
    for _ in 0..<count {
      let request = play.request(&random)
      let expected = try await plain.decide(request, play.quotas, now: play.now)
      if let wait = play.remembered(request) {
        let most = play.wait(request, expected)
        // A millisecond: how much earlier than it happened a node takes a refusal to have been made.
        // Where requests differ in cost, others may have been let through since.
        let isExact = play.hasOneCost && request.subjects.count == 1
        guard !expected.isAllowed, wait <= most, !isExact || most - wait <= 1000 else {
          Issue.record(
            "seed \(random.seed): \(request) was refused for \(wait) µs from memory, not \(expected)"
          )
          return play.answeredFromMemory
        }
      } else {
        let decision = try await cached.decide(request, play.quotas, now: play.now)
        guard decision == expected else {
          Issue.record("seed \(random.seed): \(request) got \(decision), not \(expected)")
          return play.answeredFromMemory
        }
        play.remember(request, decision, &random)
      }
    }
    return play.answeredFromMemory
  }

  @Test func `the rules decide the same`() async throws {
    var random = SeededGenerator()
    var fromMemory = 0
    for _ in 0..<100 {
      var (plain, cached) = (PureWorld(), PureWorld())
      fromMemory += try await play(
        Self.pureRequests / 100, plain: &plain, cached: &cached, &random)
    }
    #expect(fromMemory > Self.pureRequests / 20, "seed \(random.seed)")
  }

  @Test func `a Redis decides the same`() async throws {
    let url = try await SharedServers.redis().url
    try await withEventLoop { loop in
      let client = try RedisClient(configuration: .patient(url: url), loop: loop)
      client.start()
      defer { client.close() }
      try await client.whenReady(deadline: .seconds(60))
      var random = SeededGenerator()
      var fromMemory = 0
      for _ in 0..<20 {
        var plain = RedisWorld(client: client, tag: SharedServers.tag("plain"))
        var cached = RedisWorld(client: client, tag: SharedServers.tag("cached"))
        fromMemory += try await play(
          Self.redisRequests / 20, plain: &plain, cached: &cached, &random)
      }
      #expect(fromMemory > Self.redisRequests / 40, "seed \(random.seed)")
    }
  }
}
