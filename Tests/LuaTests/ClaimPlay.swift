import Domain
import HotPath
import Redis
import TestSupport

/// One campaign with its rules in Swift beside it, and claims at random that both decide. Its clock is the
/// test's own, so that it opens, closes and forgets charges.
struct ClaimPlay {
  let bench: ScriptBench
  private(set) var random: SeededGenerator
  private(set) var claims = 0
  /// The kinds of decisions that came up.
  private(set) var seen: Set<String> = []
  private let id = ScriptBench.campaignID()
  private var terms: CampaignTerms
  private var version = 1
  private var rules: ClaimRules
  private let users: Int
  private var now = Instant(milliseconds: 3_000_000_000_000)

  private static let day = Duration.seconds(86_400)

  init(bench: ScriptBench, random: SeededGenerator) {
    self.bench = bench
    var random = random
    terms = CampaignTerms.open(
      quantity: Int.random(in: 1...1500, using: &random),
      limit: Int.random(in: 1...3, using: &random))
    rules = ClaimRules(terms: terms, version: version)
    users = Int.random(in: 1...2000, using: &random)
    self.random = random
  }

  /// Plays until the campaign has seen many refusals; returns what differs from the rules.
  mutating func run() async throws -> String? {
    changeTimes()
    changePolicy()
    rules = ClaimRules(terms: terms, version: version)
    try await bench.put(terms, id: id)
    for _ in 0..<number(20...120) {
      now = now + .milliseconds(number(0...9) == 0 ? number(0...8_000) : number(0...60))
      if number(0...14) == 0 { try await change() }
      if rules.issued > 0, number(0...3) == 0 { try await takeBack(number(1...rules.issued)) }
      if let breach = try await claim() { return breach }
    }
    return try await compareFacts()
  }

  // MARK: Steps

  private mutating func claim() async throws -> String? {
    let batch = newBatch()
    let reply = try await bench.claim(
      id, batch, streamLimit: 10_000_000, rateScope: terms.ratePolicy?.scope ?? .user, now: now)
    guard reply.count == batch.count + 1 else { return "\(reply) for \(batch.count) claims" }
    for (claim, line) in zip(batch, reply.dropFirst()) {
      let decision = rules.claim(
        user: claim.user, idempotency: claim.idempotency, isEligible: claim.isEligible, now: now)
      seen.insert(String("\(decision)".prefix { $0 != "(" }))
      let words = line.split(separator: "|", omittingEmptySubsequences: false)
      guard String(words[0]) == text(decision) else {
        return "\(claim) gave \(line), not \(text(decision))"
      }
      guard words.count == (terms.ratePolicy == nil ? 1 : 3) else { return "\(line) is malformed" }
    }
    claims += batch.count
    return try await compare(batch)
  }

  /// Users alone, as nearly every batch of a sale is; or all that a claim can say.
  private mutating func newBatch() -> [ScriptBench.Claim] {
    let isRated = terms.ratePolicy != nil
    let isPlain = !isRated && number(0...1) == 0
    return (0..<number(1...80)).map { _ in
      let user = "U\(number(0...users - 1))"
      let isKeyed = !isPlain && number(0...4) == 0
      return ScriptBench.Claim(
        user: user,
        idempotency: isKeyed ? (digest(user, number(0...2)), "f\(number(0...7) / 7)") : nil,
        rated: isRated, isEligible: isPlain || number(0...19) > 0)
    }
  }

  private func digest(_ user: String, _ key: Int) -> String { "k\(user)x\(key)x\(id)" }

  private mutating func change() async throws {
    terms.quantity += number(0...200)
    changeTimes()
    changePolicy()
    version += 1
    try await bench.put(terms, id: id, version: version)
    rules.change(terms, version: version)
  }

  /// Mostly open now and for a while.
  private mutating func changeTimes() {
    terms.opensAt = now + .milliseconds(number(0...3) == 0 ? number(0...400) : -1_000)
    terms.closesAt = now + .milliseconds(number(0...5) == 0 ? number(0...400) : 60_000)
  }

  private mutating func changePolicy() {
    terms.ratePolicy = nil
    guard number(0...2) == 0 else { return }
    // Whole milliseconds a request, so that nothing is rounded.
    let limit = number(1...50)
    terms.ratePolicy = RatePolicy(
      limit: limit, windowMilliseconds: limit * number(1...60), burst: number(1...limit),
      scope: number(0...1) == 0 ? .campaign : .user)
  }

  /// Takes one coupon back, with the record of whatever key it was claimed with.
  private mutating func takeBack(_ sequence: Int) async throws {
    guard let user = rules.holder(of: sequence) else { return }
    let digests = (0...2).map { digest(user, $0) }
    _ = try await bench.recall(id, user, [sequence], digests: digests)
    rules.takeBack(sequence: sequence)
  }

  // MARK: Comparing

  /// After each step: no coupon too many, each with its holder, and all that the step could change in Redis
  /// is as the rules have it.
  private mutating func compare(_ batch: [ScriptBench.Claim]) async throws -> String? {
    guard rules.heldCount == rules.issued, rules.issued <= terms.quantity else {
      return "\(rules.issued) issued, \(rules.heldCount) held"
    }
    let issued = try await bench.client.send(
      RedisCommand("HGET", bench.keys.campaign(id), "issued"))
    let holders = try await bench.client.send(RedisCommand("HLEN", bench.keys.holders(id)))
    guard issued.integer == rules.issued, holders.integer == rules.holderCount else {
      return "\(issued) issued to \(holders), not \(rules.issued) to \(rules.holderCount)"
    }
    let users = Array(Set(batch.map(\.user)))
    let names = users.map { $0 as any RedisArgument }
    let held = try await bench.client.send(
      RedisCommand("HMGET", [bench.keys.holders(id)] + names))
    for (place, user) in users.enumerated() {
      let coupons = rules.coupons(of: user).map(text).joined(separator: ",")
      guard held[place].text ?? "" == coupons else {
        return "\(user) holds \(held[place]), not \(coupons)"
      }
    }
    if let keyed = batch.compactMap(\.idempotency).randomElement(using: &random),
      let breach = try await compareRecord(keyed.digest)
    {
      return breach
    }
    guard let policy = terms.ratePolicy, let user = users.randomElement(using: &random) else {
      return nil
    }
    let key = bench.keys.rate(id, user: policy.scope == .user ? user : nil)
    let arrival = try await bench.client.send(RedisCommand("GET", key)).text.flatMap { Double($0) }
    return arrival == rules.arrival(of: user)
      ? nil : "\(user) arrives at \(arrival as Any), not \(rules.arrival(of: user) as Any)"
  }

  /// A record has its coupon, and a day to live from the moment of the claim.
  private func compareRecord(_ digest: String) async throws -> String? {
    let key = bench.keys.idempotency(digest: digest)
    let record = rules.record(of: digest)
    let expected = record.map { "\($0.fingerprint) \(text($0.coupon))" }
    let found = try await bench.client.send(RedisCommand("GET", key)).text
    let ends = try await bench.client.send(RedisCommand("PEXPIRETIME", key)).integer
    let end = record.map { Int(($0.coupon.issuedAt + Self.day).milliseconds) } ?? -2
    return found == expected && ends == end
      ? nil : "\(found as Any) until \(ends as Any), not \(expected as Any) until \(end)"
  }

  /// The facts tell of each coupon once, in order, and nobody holds one that is not among them.
  private func compareFacts() async throws -> String? {
    let facts = try await bench.facts().filter { $0.campaign == id }
    var next = 1
    for fact in facts {
      guard fact.firstSequence == next else { return "\(fact.firstSequence) follows \(next - 1)" }
      next += fact.items.count
    }
    guard next == rules.issued + 1 else { return "\(next - 1) facts of \(rules.issued) coupons" }
    let reply = try await bench.client.send(RedisCommand("HGETALL", bench.keys.holders(id)))
    let fields = (reply.array ?? []).compactMap(\.text)
    for index in stride(from: 0, to: fields.count, by: 2) {
      let coupons = rules.coupons(of: fields[index]).map(text).joined(separator: ",")
      guard fields[index + 1] == coupons else {
        return "\(fields[index]) holds \(fields[index + 1]), not \(coupons)"
      }
    }
    _ = try await bench.client.send(RedisCommand("DEL", bench.keys.stream))
    return nil
  }

  // MARK: Texts

  /// A coupon as Redis has it.
  private func text(_ coupon: IssuedCoupon) -> String {
    let mark = rules.isTakenBack(coupon.sequence) ? "!" : ""
    return "\(coupon.sequence):\(coupon.issuedAt.milliseconds)\(mark)"
  }

  private func text(_ decision: ClaimDecision) -> String {
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

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }
}
