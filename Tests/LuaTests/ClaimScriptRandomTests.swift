import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct ClaimScriptRandomTests {
  /// Claims of one run; each batch holds up to 40.
  static let operations = 100_000

  @Test func `random claims are decided as the rules in Swift decide them`() async throws {
    try await ScriptBench.run { bench in
      var random = SeededGenerator()
      var done = 0
      while done < Self.operations {
        done += try await Self.campaign(bench, &random)
      }
    }
  }

  /// Plays one campaign until it has seen many refusals; returns how many claims it made.
  private static func campaign(
    _ bench: ScriptBench, _ random: inout SeededGenerator
  ) async throws -> Int {
    let id = ScriptBench.campaignID()
    let limit = Int.random(in: 1...3, using: &random)
    var terms = CampaignTerms.open(quantity: Int.random(in: 1...1500, using: &random), limit: limit)
    var version = 1
    try await bench.put(terms, id: id)
    var rules = ClaimRules(terms: terms, version: version)
    let users = Int.random(in: 1...2000, using: &random)
    var claims = 0
    var factCount = 0
    for _ in 0..<Int.random(in: 20...120, using: &random) {
      if Int.random(in: 0..<30, using: &random) == 0 {
        terms.quantity += Int.random(in: 0...200, using: &random)
        version += 1
        try await bench.put(terms, id: id, version: version)
        rules.change(terms, version: version)
      }
      if rules.issued > 0, Int.random(in: 0..<4, using: &random) == 0 {
        let sequence = Int.random(in: 1...rules.issued, using: &random)
        try await takeBack(sequence, of: id, &rules, bench)
      }
      // Users alone, as nearly every batch of a sale is; or all that a claim can say.
      let isPlain = Bool.random(using: &random)
      let batch = (0..<Int.random(in: 1...80, using: &random)).map { _ in
        let user = "U\(Int.random(in: 0..<users, using: &random))"
        let keyed = !isPlain && Int.random(in: 0..<5, using: &random) == 0
        let key = "k\(user)x\(Int.random(in: 0..<3, using: &random))x\(id)"
        return ScriptBench.Claim(
          user: user,
          idempotency: keyed ? (key, "f\(Int.random(in: 0..<8, using: &random) / 7)") : nil,
          isEligible: isPlain || Int.random(in: 0..<20, using: &random) > 0)
      }
      let reply = try await bench.claim(id, batch, streamLimit: 10_000_000)
      let now = Instant(milliseconds: Int64(reply[0].split(separator: " ")[0])!)
      for (claim, line) in zip(batch, reply.dropFirst()) {
        let decision = rules.claim(
          user: claim.user, idempotency: claim.idempotency, isEligible: claim.isEligible, now: now)
        guard line == text(decision) else {
          Issue.record("seed \(random.seed): \(claim) gave \(line), not \(text(decision))")
          return operations
        }
      }
      claims += batch.count
      factCount = rules.issued
      // Conservation, after each step: every coupon has a holder, and none is above the quantity.
      guard rules.heldCount == rules.issued, rules.issued <= terms.quantity else {
        Issue.record("seed \(random.seed): \(rules.issued) issued, \(rules.heldCount) held")
        return operations
      }
    }
    let issued = try await bench.client.send(
      RedisCommand("HGET", bench.keys.campaign(id), "issued"))
    #expect(issued == .string(Array("\(factCount)".utf8)), "seed \(random.seed)")
    let facts = try await bench.facts().filter { $0.campaign == id }
    #expect(facts.reduce(0) { $0 + $1.items.count } == factCount, "seed \(random.seed)")
    var next = 1
    for fact in facts {
      #expect(fact.firstSequence == next, "seed \(random.seed)")
      next += fact.items.count
    }
    _ = try await bench.client.send(RedisCommand("DEL", bench.keys.stream))
    return claims
  }

  /// Takes one coupon back, with the record of whatever key it was claimed with.
  private static func takeBack(
    _ sequence: Int, of id: Identifier, _ rules: inout ClaimRules, _ bench: ScriptBench
  ) async throws {
    guard let user = rules.holder(of: sequence) else { return }
    let digests = (0..<3).map { "k\(user)x\($0)x\(id)" }
    _ = try await bench.recall(id, user, [sequence], digests: digests)
    rules.takeBack(sequence: sequence)
  }

  private static func text(_ decision: ClaimDecision) -> String {
    switch decision {
    case .granted(let coupon): "G\(coupon.sequence)"
    case .held(let coupon): "H\(coupon.sequence):\(coupon.issuedAt.milliseconds)"
    case .replayed(let coupon): "R\(coupon.sequence):\(coupon.issuedAt.milliseconds)"
    case .takenBack: "T"
    case .keyReused: "M"
    case .soldOut(let version): "S\(version)"
    case .notEligible: "E"
    case .notOpen(let instant): "N\(instant.milliseconds)"
    case .closed: "C"
    case .rateLimited(let wait): "L\(wait)"
    case .unknownCampaign: "U"
    }
  }
}
