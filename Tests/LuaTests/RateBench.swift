import Domain
import EventLoop
import HotPath
import Redis
import TestSupport
import Testing

/// A client of a Redis server and the script that charges, with keys of its own.
final class RateBench {
  /// One policy as the script is told of it.
  struct Policy: Sendable {
    let quota: RateQuota
    var isShadow = false
  }

  /// One request of a raw batch: its items are pairs of a key and a policy, by their positions.
  struct Request: Sendable {
    var action = RateRules.Action.charge
    var cost = 1
    var items: [(key: Int, policy: Int)]
  }

  let client: RedisClient
  private let tag: String

  private init(client: RedisClient, tag: String) {
    self.client = client
    self.tag = tag
  }

  static func run<Result: Sendable>(
    _ body: @escaping @Sendable (RateBench) async throws -> Result
  ) async throws -> Result {
    let url = try await SharedServers.redis().url
    let tag = SharedServers.tag("rates")
    return try await withEventLoop { loop in
      let client = try RedisClient(configuration: .patient(url: url), loop: loop)
      client.start()
      defer { client.close() }
      try await client.whenReady(deadline: .seconds(60))
      return try await body(RateBench(client: client, tag: tag))
    }
  }

  func key(_ name: Int) -> [UInt8] { Array("spillway:{\(tag)}:\(name)".utf8) }

  /// The script with the clock that its last two arguments give, and keys that outlive the test: what
  /// the keys' lives are is tested with the script itself.
  static let clocked: Script = {
    var source = String(decoding: ScriptCatalog.chargeRates.script.source, as: UTF8.self)
    for (text, replacement) in [
      ("local clock = call('TIME')", "local clock = { ARGV[#ARGV - 1], ARGV[#ARGV] }"),
      ("floor((arrival - now) / 1000) + 1)", "600000)"),
    ] {
      precondition(source.contains(text), "the script no longer has: \(text)")
      source = source.replacing(text, with: replacement)
    }
    return Script(name: "charge_rates_clocked", source: Array(source.utf8))
  }()

  /// Runs the script; returns Redis' time and a line for each request.
  ///
  /// - Parameter now: microseconds; Redis' own clock when it is nil.
  func decide(
    _ policies: [Policy], _ requests: [Request], now: Int? = nil
  ) async throws -> (now: Int, lines: [String]) {
    var arguments: [any RedisArgument] = [policies.count]
    for policy in policies {
      let quota = policy.quota
      arguments += [
        quota.limit, quota.windowMicroseconds / quota.limit,
        quota.windowMicroseconds % quota.limit, quota.fullLead / quota.limit,
        quota.fullLead % quota.limit, policy.isShadow ? 1 : 0,
      ]
    }
    arguments.append(requests.count)
    var keys: [Int] = []
    for request in requests {
      arguments += ["\(request.action.mark)", request.cost, request.items.count]
      for item in request.items {
        keys.append(item.key)
        arguments += [keys.count, item.policy + 1]
      }
    }
    if let now { arguments += ["\(now / 1_000_000)", "\(now % 1_000_000)"] }
    let reply = try await client.evaluate(
      now == nil ? ScriptCatalog.chargeRates.script : Self.clocked, keys: keys.map { key($0) },
      arguments: arguments)
    guard case .string(let bytes) = reply else { return (0, ["\(reply)"]) }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    return (Int(lines[0]) ?? 0, Array(lines.dropFirst()))
  }

  /// What the script says where the rules in Swift decide so.
  static func line(
    _ decision: RateRules.Decision, _ policies: [Policy], _ request: Request
  ) -> String {
    var line = decision.isAllowed ? "A" : "D"
    for (item, standing) in zip(request.items, decision.standings) {
      let limit = policies[item.policy].quota.limit
      line += "\(standing.conforms ? "+" : "-")\(standing.lead / limit)"
      if standing.lead % limit > 0 { line += ":\(standing.lead % limit)" }
    }
    return line
  }
}
