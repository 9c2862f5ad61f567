import HotPath
import Redis
import TestSupport

/// A cell that two rebuilders close, load and open, whose stream grows and is trimmed, and that is wiped now
/// and then; beside it what the scripts must make of it.
struct CellPlay {
  let bench: ScriptBench
  private(set) var random: SeededGenerator
  private(set) var count = 0
  /// What was answered, by the step.
  private(set) var seen: Set<String> = []
  private var rules = CellRules()
  private let keys: Keys

  /// The cell's keys, and one of each kind that is loaded.
  private struct Keys {
    let cell: CellKeys
    let hash: [UInt8]
    let answers: [UInt8]
    let popular: [UInt8]
    let record: [UInt8]

    var all: [[UInt8]] {
      [
        cell.lease, cell.rebuild, cell.complete, cell.trimmed, cell.told, record, hash, answers,
        popular, cell.stream,
      ]
    }
  }

  private enum Step {
    case close(nonce: String)
    case clear(nonce: String)
    case load(CellRules.Kind, nonce: String, name: String, value: Int)
    case open(nonce: String, lease: String, cursor: StreamPosition, isKept: Bool)
    case add(StreamPosition)
    case trim(below: StreamPosition, oldest: String, excess: Int)
    case wipe
  }

  init(bench: ScriptBench, random: SeededGenerator) {
    self.bench = bench
    self.random = random
    let id = ScriptBench.campaignID()
    keys = Keys(
      cell: bench.keys, hash: bench.keys.campaign(id), answers: bench.keys.answers(day: 1),
      popular: bench.keys.popular(day: 1), record: bench.keys.idempotency(digest: "d"))
  }

  /// Takes the cell from whoever opened it, and makes the scripts known, so that no call has to be sent
  /// again behind another.
  func begin() async throws {
    for key in keys.all { _ = try await bench.client.send(RedisCommand("DEL", key)) }
    for script in [Self.add, Self.wipe, Self.look] {
      _ = try await bench.client.send(RedisCommand("SCRIPT", "LOAD", script.source))
    }
    for script in [
      ScriptCatalog.closeCell, ScriptCatalog.clearCell, ScriptCatalog.loadHash,
      ScriptCatalog.loadAnswers, ScriptCatalog.loadPopular, ScriptCatalog.loadRecords,
      ScriptCatalog.openCell, ScriptCatalog.trimStream,
    ] {
      _ = try await bench.client.send(RedisCommand("SCRIPT", "LOAD", script.script.source))
    }
  }

  /// Takes some steps together; returns what differs from the rules.
  mutating func play() async throws -> String? {
    var steps: [Step] = []
    var expected: [[String]] = []
    for _ in 0..<number(1...60) {
      let step = nextStep()
      steps.append(step)
      // What comes next depends on what came before.
      expected.append(decide(step))
    }
    count += steps.count
    for ((step, answer), wanted) in zip(zip(steps, try await run(steps)), expected) {
      guard answer == wanted else { return "\(step) gave \(answer), not \(wanted)" }
    }
    return try await compare()
  }

  // MARK: Steps

  private mutating func nextStep() -> Step {
    // Mostly whoever closed the cell last, and at times somebody who has not heard of it.
    let nonce = number(0...4) > 0 ? rules.rebuild ?? "n1" : "n\(number(0...2))"
    switch number(0...99) {
    case 0..<10: return .close(nonce: "n\(number(0...2))")
    case 10..<16: return .clear(nonce: nonce)
    case 16..<36:
      return .load(
        CellRules.Kind.allCases.randomElement(using: &random)!, nonce: nonce,
        name: "name\(number(0...5))", value: number(1...99))
    case 36..<52:
      return .open(
        nonce: nonce, lease: "\(number(1...9)):run", cursor: near(), isKept: number(0...1) == 0)
    case 52..<85:
      return .add(
        StreamPosition(milliseconds: rules.last.milliseconds + number(1...3), sequence: 0))
    case 85..<99:
      let oldest = number(0...3) > 0 ? rules.oldest : "\(number(1...9))-0"
      return .trim(below: near(), oldest: oldest, excess: number(0...12))
    default: return .wipe
    }
  }

  /// A position about where the stream is.
  private mutating func near() -> StreamPosition {
    let back = number(0...5) == 0 ? -number(1...4) : number(0...20)
    return StreamPosition(
      milliseconds: max(0, rules.last.milliseconds - back), sequence: number(0...1))
  }

  private mutating func decide(_ step: Step) -> [String] {
    switch step {
    case .close(let nonce): return rules.close(nonce)
    case .clear(let nonce): return note("clear", rules.clear(nonce))
    case .load(let kind, let nonce, let name, let value):
      return note("\(kind)", rules.load(kind, nonce, name, value))
    case .open(let nonce, let lease, let cursor, let isKept):
      return note(
        isKept ? "keep" : "open", rules.open(nonce, lease, cursor: cursor, isKept: isKept))
    case .add(let position):
      rules.add(position)
      return [position.description]
    case .trim(let below, let oldest, let excess):
      return rules.trim(below: below, oldest: oldest, excess: excess)
    case .wipe:
      rules = CellRules()
      return ["1"]
    }
  }

  private mutating func note(_ name: String, _ isDone: Bool) -> [String] {
    seen.insert("\(name) \(isDone)")
    return [isDone ? "1" : "0"]
  }

  // MARK: Redis

  private static let add = Script(
    name: "add", source: "return redis.call('XADD', KEYS[1], ARGV[1], 'kind', 'payload')")

  private static let wipe = Script(
    name: "wipe", source: "redis.call('DEL', unpack(KEYS)) return 1")

  /// A day that no test comes to.
  private static let end = 9_000_000_000_000

  private func command(_ step: Step) -> (Script, [[UInt8]], [any RedisArgument]) {
    let cell = keys.cell
    switch step {
    case .close(let nonce):
      return (
        ScriptCatalog.closeCell.script,
        [cell.lease, cell.rebuild, cell.stream, cell.complete, cell.trimmed], [nonce]
      )
    case .clear(let nonce):
      let contents = [keys.record, keys.hash, keys.answers, keys.popular]
      return (ScriptCatalog.clearCell.script, [cell.rebuild, cell.complete] + contents, [nonce])
    case .load(let kind, let nonce, let name, let value):
      switch kind {
      case .hash:
        return (ScriptCatalog.loadHash.script, [cell.rebuild, keys.hash], [nonce, name, value])
      case .answers:
        return (
          ScriptCatalog.loadAnswers.script, [cell.rebuild, keys.answers],
          [nonce, Self.end, name, value]
        )
      case .popular:
        return (
          ScriptCatalog.loadPopular.script, [cell.rebuild, keys.popular],
          [nonce, Self.end, value, name]
        )
      case .record:
        return (
          ScriptCatalog.loadRecords.script, [cell.rebuild, keys.record],
          [nonce, "\(name) \(value)", 3_600_000]
        )
      }
    case .open(let nonce, let lease, let cursor, let isKept):
      return (
        ScriptCatalog.openCell.script,
        [cell.lease, cell.rebuild, cell.stream, cell.complete, cell.trimmed, cell.told],
        [nonce, lease, cursor.description, isKept ? "kept" : "rebuilt", cell.channel]
      )
    case .add(let position): return (Self.add, [cell.stream], [position.description])
    case .trim(let below, let oldest, let excess):
      return (
        ScriptCatalog.trimStream.script, [cell.stream, cell.trimmed],
        [below.description, oldest, excess]
      )
    case .wipe: return (Self.wipe, keys.all, [])
    }
  }

  /// Sends the steps together; the texts of each reply, without the bytes that a stream takes.
  private func run(_ steps: [Step]) async throws -> [[String]] {
    let replies: [RedisValue] = await withCheckedContinuation { continuation in
      var replies: [RedisValue] = []
      for step in steps {
        let (script, keys, arguments) = command(step)
        bench.client.evaluate(
          script, keyCount: keys.count, argumentCount: arguments.count,
          write: { writer in
            for key in keys { writer.argument(key) }
            for argument in arguments { argument.write(into: &writer) }
          },
          completion: { reply in
            replies.append((try? reply.result.get()) ?? .null)
            if replies.count == steps.count { continuation.resume(returning: replies) }
          })
      }
    }
    return replies.map { reply in
      let values = (reply.array ?? [reply]).prefix(5)
      return values.map { $0.text ?? $0.integer.map(String.init) ?? "\($0)" }
    }
  }

  private static let look = Script(
    name: "look",
    source: """
      local call = redis.call
      local found = {}
      for i = 1, 6 do found[i] = call('GET', KEYS[i]) or '' end
      found[7], found[8] = call('HGETALL', KEYS[7]), call('HGETALL', KEYS[8])
      found[9] = call('ZRANGE', KEYS[9], 0, -1, 'WITHSCORES')
      found[10], found[11] = {}, ''
      if call('EXISTS', KEYS[10]) == 1 then
        for i, entry in ipairs(call('XRANGE', KEYS[10], '-', '+')) do found[10][i] = entry[1] end
        local stream = call('XINFO', 'STREAM', KEYS[10])
        for i = 1, #stream, 2 do
          if stream[i] == 'last-generated-id' then found[11] = stream[i + 1] end
        end
      end
      return found
      """)

  /// After each step Redis has what the rules have.
  private func compare() async throws -> String? {
    let found = try await bench.client.evaluate(Self.look, keys: keys.all)
    let texts = (0..<6).map { found[$0].text ?? "" }
    guard texts == rules.texts else { return "there are \(texts), not \(rules.texts)" }
    for (place, kind) in [(6, CellRules.Kind.hash), (7, .answers), (8, .popular)] {
      let words = (found[place].array ?? []).compactMap(\.text)
      let fields = Dictionary(
        uniqueKeysWithValues: stride(from: 0, to: words.count, by: 2).map {
          (words[$0], words[$0 + 1])
        })
      let wanted = rules.contents[kind, default: [:]]
      guard fields == wanted else { return "\(kind) has \(fields), not \(wanted)" }
    }
    let entries = (found[9].array ?? []).compactMap(\.text)
    let last = rules.hasStream ? rules.last.description : ""
    return entries == rules.entries.map(\.description) && found[10].text == last
      ? nil : "the stream has \(entries), last \(found[10]), not \(rules.entries), last \(last)"
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }
}
