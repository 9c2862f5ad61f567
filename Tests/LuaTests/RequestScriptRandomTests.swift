import HotPath
import Redis
import TestSupport
import Testing

@Suite struct RequestScriptRandomTests {
  /// Beginnings and endings of one run; each step holds up to 80.
  static let operations = 100_000

  @Test func `random attempts are treated as the rules in Swift treat them`() async throws {
    try await ScriptBench.run { bench in
      var play = RequestPlay(client: bench.client, random: SeededGenerator())
      try await play.load()
      while play.count < Self.operations {
        if let breach = try await play.step() {
          Issue.record("seed \(play.random.seed), after \(play.count): \(breach)")
          return
        }
      }
      #expect(
        play.seen == [
          "new", "taken", "running", "done", "reused", "saved", "forgotten", "refused",
        ],
        "seed \(play.random.seed)")
    }
  }
}

/// What the two scripts must do with one record, one call at a time.
private struct RequestRule {
  struct Record {
    var fingerprint: String
    var owner: String
    /// Milliseconds at which the attempt's time is over; `nil` once it has a response.
    var until: Int?
    var response: String?
  }

  private(set) var record: Record?

  mutating func begin(_ fingerprint: String, _ owner: String, lease: Int, now: Int) -> [String] {
    if let record {
      guard record.fingerprint == fingerprint else { return ["reused"] }
      if let response = record.response { return ["done", response] }
      let left = (record.until ?? now) - now
      if left > 0 { return ["running", "\(left)"] }
    }
    defer {
      record = Record(fingerprint: fingerprint, owner: owner, until: now + lease, response: nil)
    }
    return [record == nil ? "new" : "taken"]
  }

  /// Whether the response was saved, or the request forgotten where it is empty.
  mutating func finish(_ fingerprint: String, _ owner: String, _ response: String) -> Bool {
    if let record {
      guard record.fingerprint == fingerprint, record.owner == owner, record.response == nil
      else { return false }
    }
    record =
      response.isEmpty
      ? nil : Record(fingerprint: fingerprint, owner: owner, until: nil, response: response)
    return true
  }

  /// Redis' data is gone.
  mutating func lose() { record = nil }

  /// As the hash has it.
  var fields: [String: String] {
    guard let record else { return [:] }
    var fields = ["fingerprint": record.fingerprint, "owner": record.owner]
    fields["until"] = record.until.map { "\($0)" }
    fields["response"] = record.response
    return fields
  }
}

/// Some records, and attempts at random that the scripts and the rules both see.
private struct RequestPlay {
  let client: RedisClient
  var random: SeededGenerator
  private(set) var count = 0
  /// The kinds of answers that came up.
  private(set) var seen: Set<String> = []
  private var rules = Array(repeating: RequestRule(), count: 8)
  private let keys: [[UInt8]]
  private var now = 3_000_000_000_000

  private enum Call {
    case begin(record: Int, fingerprint: String, owner: String, lease: Int)
    case finish(record: Int, fingerprint: String, owner: String, response: String)
  }

  init(client: RedisClient, random: SeededGenerator) {
    self.client = client
    self.random = random
    let tag = SharedServers.tag("requests")
    keys = (0..<8).map { Array("spillway:{\(tag)}:\($0)".utf8) }
  }

  /// The script with the clock that its last two arguments give.
  private static let begin: Script = {
    let source = String(decoding: ScriptCatalog.beginRequest.script.source, as: UTF8.self)
    let clock = "local clock = redis.call('TIME')"
    precondition(source.contains(clock), "the script no longer has: \(clock)")
    return Script(
      name: "begin_request_clocked",
      source: Array(source.replacing(clock, with: "local clock = { ARGV[4], ARGV[5] }").utf8))
  }()

  /// All records as they are: the rest of the life of each, and its fields.
  private static let look = Script(
    name: "look",
    source: Array(
      """
      local found = {}
      for i, key in ipairs(KEYS) do found[i] = { redis.call('PTTL', key), redis.call('HGETALL', key) } end
      return found
      """.utf8))

  /// Makes the scripts known, so that no call has to be sent again behind another.
  func load() async throws {
    for script in [Self.begin, ScriptCatalog.finishRequest.script, Self.look] {
      _ = try await client.send(RedisCommand("SCRIPT", "LOAD", script.source))
    }
  }

  /// Has calls decided together; returns what differs from the rules.
  mutating func step() async throws -> String? {
    now += number(0...3) == 0 ? number(0...3_000) : number(0...40)
    if number(0...1) == 0 {
      let lost = number(0...7)
      _ = try await client.send(RedisCommand("DEL", keys[lost]))
      rules[lost].lose()
    }
    let calls = (0..<number(1...80)).map { _ in call() }
    let answers = try await run(calls)
    for (call, answer) in zip(calls, answers) {
      let expected = decide(call)
      guard answer == expected else { return "\(call) gave \(answer), not \(expected)" }
    }
    count += calls.count
    return try await compare()
  }

  private mutating func call() -> Call {
    let record = number(0...7)
    let fingerprint = number(0...12) == 0 ? "g" : "f"
    // Mostly whoever is at it, so that attempts come to an end.
    let known = rules[record].fields["owner"]
    let owner = number(0...3) > 0 ? known ?? "o0" : "o\(number(0...3))"
    if number(0...2) > 0 {
      return .begin(
        record: record, fingerprint: fingerprint, owner: "o\(number(0...3))",
        lease: number(1...2_000))
    }
    let response = number(0...5) > 0 ? "" : "response \(number(0...9_999))"
    return .finish(record: record, fingerprint: fingerprint, owner: owner, response: response)
  }

  private mutating func decide(_ call: Call) -> [String] {
    switch call {
    case .begin(let record, let fingerprint, let owner, let lease):
      let answer = rules[record].begin(fingerprint, owner, lease: lease, now: now)
      seen.insert(answer[0])
      return answer
    case .finish(let record, let fingerprint, let owner, let response):
      let isTaken = rules[record].finish(fingerprint, owner, response)
      seen.insert(isTaken ? (response.isEmpty ? "forgotten" : "saved") : "refused")
      return [isTaken ? "1" : "0"]
    }
  }

  /// Sends the calls together; the texts of each reply.
  private func run(_ calls: [Call]) async throws -> [[String]] {
    let replies: [RedisValue] = await withCheckedContinuation { continuation in
      var replies: [RedisValue] = []
      for call in calls {
        let (script, key, arguments) = command(call)
        client.evaluate(
          script, keyCount: 1, argumentCount: arguments.count,
          write: { writer in
            writer.argument(key)
            for argument in arguments { argument.write(into: &writer) }
          },
          completion: { reply in
            replies.append((try? reply.result.get()) ?? .null)
            if replies.count == calls.count { continuation.resume(returning: replies) }
          })
      }
    }
    return replies.map { reply in
      (reply.array ?? [reply]).map { $0.text ?? $0.integer.map(String.init) ?? "\($0)" }
    }
  }

  private func command(_ call: Call) -> (Script, [UInt8], [any RedisArgument]) {
    switch call {
    case .begin(let record, let fingerprint, let owner, let lease):
      (
        Self.begin, keys[record],
        [fingerprint, owner, lease, now / 1000, now % 1000 * 1000]
      )
    case .finish(let record, let fingerprint, let owner, let response):
      (ScriptCatalog.finishRequest.script, keys[record], [fingerprint, owner, response])
    }
  }

  /// After each step Redis has what the rules have, for a day at most.
  private func compare() async throws -> String? {
    let found = try await client.evaluate(Self.look, keys: keys)
    for (record, rule) in rules.enumerated() {
      let texts = (found[record][1].array ?? []).compactMap(\.text)
      let fields = Dictionary(
        uniqueKeysWithValues: stride(from: 0, to: texts.count, by: 2).map {
          (texts[$0], texts[$0 + 1])
        })
      guard fields == rule.fields else {
        return "record \(record) has \(fields), not \(rule.fields)"
      }
      let life = found[record][0].integer ?? 0
      guard fields.isEmpty ? life == -2 : (80_000_000...86_400_000).contains(life) else {
        return "record \(record) lives for \(life) ms"
      }
    }
    return nil
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }
}
