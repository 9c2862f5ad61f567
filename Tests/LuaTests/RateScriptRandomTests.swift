import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct RateScriptRandomTests {
  /// Requests of one run; each batch holds up to 60.
  static let operations = 100_000

  @Test func `random requests are decided as the rules in Swift decide them`() async throws {
    try await RateBench.run { bench in
      var random = SeededGenerator()
      var done = 0
      var game = 0
      while done < Self.operations {
        var play = Play(game: game, &random)
        done += try await play.run(bench, &random)
        game += 1
      }
    }
  }

  /// Some policies and keys, played until they have seen many refusals.
  private struct Play {
    let policies: [RateBench.Policy]
    let firstKey: Int
    let keys: Int
    var rules = RateRules()
    var now = 1_700_000_000_000_000
    let start = 1_700_000_000_000_000
    /// Units taken less units given back, by key and policy.
    var taken: [Int: Int] = [:]

    init(game: Int, _ random: inout SeededGenerator) {
      policies = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        RateBench.Policy(
          quota: Self.quota(&random), isShadow: Int.random(in: 0..<4, using: &random) == 0)
      }
      keys = Int.random(in: 1...6, using: &random)
      firstKey = game * 100
    }

    private static func quota(_ random: inout SeededGenerator) -> RateQuota {
      RateQuota(
        limit: Int.random(in: 1...(Bool.random(using: &random) ? 12 : 1_000_000), using: &random),
        windowSeconds: Int.random(in: 1...(Bool.random(using: &random) ? 5 : 600), using: &random),
        burst: Int.random(in: 1...12, using: &random)) ?? quota(&random)
    }

    /// The number of a key that belongs to one policy.
    private func number(_ key: Int, _ policy: Int) -> Int { firstKey + policy * keys + key }

    private func request(_ random: inout SeededGenerator) -> RateBench.Request {
      let chosen = policies.indices.filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
      let most = chosen.map { policies[$0].quota.burst }.min() ?? 1
      let kind = Int.random(in: 0..<20, using: &random)
      return RateBench.Request(
        action: kind == 0 ? .refund : kind < 3 ? .peek : .charge,
        cost: Int.random(in: 1...min(most, Bool.random(using: &random) ? 1 : most), using: &random),
        items: chosen.map { policy in
          (number(Int.random(in: 0..<keys, using: &random), policy), policy)
        })
    }

    mutating func run(
      _ bench: RateBench, _ random: inout SeededGenerator
    ) async throws -> Int {
      var count = 0
      // Steps that are small and large beside what the policies are about.
      let scale = policies.map { $0.quota.windowMicroseconds / $0.quota.limit }.max()! + 1
      for _ in 0..<60 {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: now += Int.random(in: 0...3, using: &random)
        case 1: now += Int.random(in: 0...scale, using: &random)
        case 2: now += Int.random(in: 0...scale * 20, using: &random)
        default: break
        }
        let requests = (0..<Int.random(in: 1...60, using: &random)).map { _ in request(&random) }
        let answer = try await bench.decide(policies, requests, now: now)
        guard answer.now == now, answer.lines.count == requests.count else {
          Issue.record("seed \(random.seed): \(answer)")
          return RateScriptRandomTests.operations
        }
        for (request, line) in zip(requests, answer.lines) {
          guard check(request, line, seed: random.seed) else {
            return RateScriptRandomTests.operations
          }
        }
        count += requests.count
        if let breach = try await compare(bench) {
          Issue.record("seed \(random.seed): \(breach)")
          return RateScriptRandomTests.operations
        }
      }
      return count
    }

    /// After each batch Redis has every key's arrival where the rules have it.
    private func compare(_ bench: RateBench) async throws -> String? {
      let names = policies.indices.flatMap { policy in
        (0..<keys).map { (name: number($0, policy), quota: policies[policy].quota) }
      }
      let found = try await bench.client.send(
        RedisCommand("MGET", names.map { bench.key($0.name) }))
      for (place, (name, quota)) in names.enumerated() {
        let words = (found[place].text ?? "").split(separator: " ").compactMap { Int($0) }
        let stored = words.first.map {
          TheoreticalArrival(microseconds: $0, part: words.count > 1 ? words[1] : 0)
        }
        let leads = [stored, rules.arrival(of: "\(name)")].map { arrival in
          arrival.map { quota.lead(of: $0, at: now) } ?? 0
        }
        guard leads[0] == leads[1] else {
          return "key \(name) leads by \(leads[0]), not \(leads[1])"
        }
      }
      return nil
    }

    /// Compares with the rules, and looks whether a key gave more than its quota.
    private mutating func check(
      _ request: RateBench.Request, _ line: String, seed: UInt64
    ) -> Bool {
      let items = request.items.map {
        RateRules.Item(
          key: "\($0.key)", quota: policies[$0.policy].quota,
          isShadow: policies[$0.policy].isShadow)
      }
      let decision = rules.decide(request.action, cost: request.cost, items: items, now: now)
      guard line == RateBench.line(decision, policies, request) else {
        Issue.record(
          "seed \(seed): \(request) gave \(line), not \(RateBench.line(decision, policies, request))"
        )
        return false
      }
      for (item, standing) in zip(request.items, decision.standings) {
        let quota = policies[item.policy].quota
        switch request.action {
        case .peek: break
        case .charge:
          if decision.isAllowed, standing.conforms { taken[item.key, default: 0] += request.cost }
        case .refund: taken[item.key, default: 0] -= request.cost
        }
        let most = quota.fullLead + (now - start) * quota.limit
        guard standing.lead <= quota.fullLead,
          taken[item.key, default: 0] * quota.windowMicroseconds <= most
        else {
          Issue.record("seed \(seed): \(item) gave \(taken[item.key, default: 0]) units")
          return false
        }
      }
      return true
    }
  }
}
