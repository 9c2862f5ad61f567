import Domain
import EventLoop
import HotPath
import Redis
import TestSupport

/// A client of a Redis server with an open cell of its own, for tests of single scripts.
final class ScriptBench {
  static let lease = "1:test"

  let client: RedisClient
  let keys: CellKeys

  private init(client: RedisClient, keys: CellKeys) {
    self.client = client
    self.keys = keys
  }

  /// Opens a cell on the shared server for `body`.
  static func run<Result: Sendable>(
    _ body: @escaping @Sendable (ScriptBench) async throws -> Result
  ) async throws -> Result {
    let url = try await SharedServers.redis().url
    let cell = CellName(SharedServers.tag("cell").lowercased())!
    return try await withEventLoop { loop in
      let client = try RedisClient(configuration: .patient(url: url), loop: loop)
      client.start()
      try await client.whenReady(deadline: .seconds(60))
      let bench = ScriptBench(client: client, keys: CellKeys(cell))
      _ = try await client.send(RedisCommand("SET", bench.keys.lease, lease))
      let result = try await body(bench)
      client.close()
      return result
    }
  }

  /// Puts a campaign into the cell and returns its id.
  @discardableResult
  func put(_ terms: CampaignTerms, id: Identifier, version: Int = 1) async throws -> Int {
    let policy = terms.ratePolicy
    let reply = try await client.evaluate(
      ScriptCatalog.putCampaign.script, keys: [keys.campaign(id)],
      arguments: [
        version, "\(id)", terms.quantity, terms.perUserLimit, Int(terms.opensAt.milliseconds),
        Int(terms.closesAt.milliseconds), policy.map { "\($0.limit)" } ?? "",
        policy.map { "\($0.windowMilliseconds)" } ?? "", policy.map { "\($0.burst)" } ?? "",
        policy?.scope.rawValue ?? "", keys.channel,
      ])
    guard case .integer(let applied) = reply else { return -1 }
    return applied
  }

  /// One claim of a raw batch.
  struct Claim {
    var user: String
    var idempotency: (digest: String, fingerprint: String)?
    var rated = false
    var isEligible = true
  }

  /// The claim script with the clock that its last two arguments give.
  private static let clockedClaim: Script = {
    let source = String(decoding: ScriptCatalog.claim.script.source, as: UTF8.self)
    let clock = "local clock = call('TIME')"
    precondition(source.contains(clock), "the script no longer has: \(clock)")
    return Script(
      name: "claim_clocked",
      source: source.replacing(clock, with: "local clock = { ARGV[#ARGV - 1], ARGV[#ARGV] }"))
  }()

  /// Runs the claim script for one campaign and returns the reply's lines, each with its sequence.
  ///
  /// - Parameters:
  ///   - rateScope: whether each user has a rate key, or all share one.
  ///   - now: whole milliseconds; Redis' own clock when it is nil.
  func claim(
    _ id: Identifier, _ claims: [Claim], lease: String = ScriptBench.lease, streamLimit: Int = 1000,
    rateScope: RatePolicy.Scope = .user, now: Instant? = nil
  ) async throws -> [String] {
    var scriptKeys: [any RedisArgument] = [
      keys.lease, keys.stream, keys.campaign(id), keys.holders(id),
    ]
    let detailed = claims.contains { $0.idempotency != nil || $0.rated || !$0.isEligible }
    var arguments: [any RedisArgument] = [lease, streamLimit, 1, claims.count, detailed ? 1 : 0]
    var extras = 0
    for claim in claims {
      arguments.append(claim.user)
      guard detailed else { continue }
      var numbers = [0, 0]
      if let idempotency = claim.idempotency {
        scriptKeys.append(keys.idempotency(digest: idempotency.digest))
        extras += 1
        numbers[0] = extras
      }
      if claim.rated {
        scriptKeys.append(keys.rate(id, user: rateScope == .user ? claim.user : nil))
        extras += 1
        numbers[1] = extras
      }
      arguments += [
        numbers[0], claim.idempotency?.fingerprint ?? "-", numbers[1], claim.isEligible ? 1 : 0,
      ]
    }
    if let now { arguments += [Int(now.seconds), Int(now.milliseconds % 1000) * 1000] }
    let reply = try await client.evaluate(
      now == nil ? ScriptCatalog.claim.script : Self.clockedClaim, keys: scriptKeys,
      arguments: arguments)
    guard case .string(let bytes) = reply else { return ["\(reply)"] }
    var sequence = 0
    return String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map { line in
      guard line.first == "G" else { return String(line) }
      let words = line.dropFirst().split(separator: "|", omittingEmptySubsequences: false)
      sequence = Int(words[0]) ?? sequence + 1
      return (["G\(sequence)"] + words.dropFirst().map(String.init)).joined(separator: "|")
    }
  }

  func claim(_ id: Identifier, _ users: String...) async throws -> [String] {
    Array(try await claim(id, users.map { Claim(user: $0) }).dropFirst())
  }

  /// Marks coupons of a user as taken back, with the records of these digests; returns how many were new,
  /// and `nil` when the cell is closed.
  func recall(
    _ id: Identifier, _ user: String, _ sequences: [Int], digests: [String] = [],
    lease: String = ScriptBench.lease
  ) async throws -> Int? {
    let records = digests.map { keys.idempotency(digest: $0) }
    let head: [any RedisArgument] = [lease, "recall", user]
    let reply = try await client.evaluate(
      ScriptCatalog.recallCoupons.script,
      keys: [keys.lease, keys.stream, keys.holders(id)] + records,
      arguments: head + sequences.map { $0 as any RedisArgument })
    return reply.text == "X" ? nil : reply[0].integer
  }

  /// The facts in the cell's stream, in order.
  func facts() async throws -> [CouponIssuedFact] {
    let reply = try await client.send(RedisCommand("XRANGE", keys.stream, "-", "+"))
    guard case .array(let entries) = reply else { return [] }
    var facts: [CouponIssuedFact] = []
    for case .array(let entry) in entries {
      guard entry.count == 2, case .array(let fields) = entry[1] else { continue }
      for index in stride(from: 0, to: fields.count, by: 2) {
        guard case .string(let kind) = fields[index], case .string(let payload) = fields[index + 1],
          kind == Array(CouponIssuedFact.kind.utf8), let fact = CouponIssuedFact(payload: payload)
        else { continue }
        facts.append(fact)
      }
    }
    return facts
  }

  /// How long a key still lives; negative if it has no end or is not there.
  func millisecondsToLive(_ key: [UInt8]) async throws -> Int {
    guard case .integer(let life) = try await client.send(RedisCommand("PTTL", key)) else {
      return -3
    }
    return life
  }

  /// A new campaign id.
  static func campaignID() -> Identifier {
    var random = SystemRandomNumberGenerator()
    return Identifier(at: Instant(milliseconds: 1_700_000_000_000), using: &random)
  }
}

extension CampaignTerms {
  /// Open for all that a test takes.
  static func open(
    quantity: Int, limit: Int = 1, ratePolicy: RatePolicy? = nil
  ) -> CampaignTerms {
    CampaignTerms(
      quantity: quantity, perUserLimit: limit, opensAt: Instant(milliseconds: 0),
      closesAt: Instant(milliseconds: 4_000_000_000_000), ratePolicy: ratePolicy)
  }
}
