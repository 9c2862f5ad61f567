import Domain
import EventLoop
import HotPath
import Redis
import TestSupport

/// A client of a Redis server with a room of its own, for tests of single scripts. The scripts' clock
/// stands still until it is moved: they read the time from the room's hash.
final class RoomBench {
  let client: RedisClient
  let keys: RoomKeys
  /// Of the server, as the caller knows it.
  var runID = "test"
  var generation = 1
  private(set) var now = Instant(milliseconds: 1_800_000_000_000)

  private init(client: RedisClient) {
    self.client = client
    var random = SystemRandomNumberGenerator()
    keys = RoomKeys(Identifier(at: now, using: &random))
  }

  /// Connects to the shared server for `body`.
  static func run<Result: Sendable>(
    _ body: @escaping @Sendable (RoomBench) async throws -> Result
  ) async throws -> Result {
    try await run(url: try await SharedServers.redis().url, body)
  }

  /// Connects to a server for `body`.
  static func run<Result: Sendable>(
    url: String, _ body: @escaping @Sendable (RoomBench) async throws -> Result
  ) async throws -> Result {
    try await withEventLoop { loop in
      let client = try RedisClient(configuration: .patient(url: url), loop: loop)
      client.start()
      try await client.whenReady(deadline: .seconds(60))
      let bench = RoomBench(client: client)
      try await bench.advance(by: .zero)
      let result = try await body(bench)
      client.close()
      return result
    }
  }

  // MARK: Time

  func advance(by duration: Duration) async throws {
    now = now + duration
    _ = try await client.send(
      RedisCommand(
        "HSET", keys.room, "test_seconds", Int(now.seconds), "test_microseconds",
        Int(now.milliseconds % 1000) * 1000))
  }

  /// A script that asks the room's hash for the time.
  private static func timed(_ script: CatalogedScript) -> Script {
    let source = String(decoding: script.script.source, as: UTF8.self)
    return Script(
      name: script.script.name,
      source: source.replacing(
        "call('TIME')", with: "call('HMGET', KEYS[1], 'test_seconds', 'test_microseconds')"))
  }

  private static let put = timed(ScriptCatalog.putRoom)
  private static let join = timed(ScriptCatalog.joinRoom)
  private static let see = timed(ScriptCatalog.seeTickets)
  private static let leave = timed(ScriptCatalog.leaveRoom)
  private static let admit = timed(ScriptCatalog.admitTickets)
  private static let draw = timed(ScriptCatalog.drawTickets)

  // MARK: Scripts

  var lease: String { "\(generation):\(runID)" }

  /// What the ledger knows when a room is put.
  struct Floors {
    var base = 0
    var next = 1
    var served = 0
    var inside = 0
    var drawn: Int?
    var seed: ShuffleSeed?
  }

  @discardableResult
  func put(
    _ terms: RoomTerms, version: Int = 1, runID: String = "test", _ floors: Floors = Floors()
  ) async throws -> Int {
    let reply = try await client.evaluate(
      Self.put, keys: keys.forPut,
      arguments: [
        version, generation, runID, terms.capacity, terms.ratePerSecond,
        terms.sessionSeconds * 1000, terms.graceSeconds * 1000,
        Int(terms.opensAt?.milliseconds ?? 0), terms.prequeueShuffle ? 1 : 0,
        terms.queueing.rawValue, floors.base, floors.next, floors.served, floors.inside,
        floors.drawn.map { "\($0)" } ?? "", floors.seed?.hexadecimal ?? "",
      ])
    return reply.integer ?? -1
  }

  func join(
    _ visitors: [(VisitorID, passes: Bool)], limit: Int = 1_000_000, lease: String? = nil
  ) async throws -> [String] {
    var arguments: [any RedisArgument] = [lease ?? self.lease, limit]
    for (visitor, passes) in visitors {
      arguments.append(visitor.binary)
      arguments.append(passes ? 1 : 0)
    }
    return Self.lines(
      try await client.evaluate(Self.join, keys: keys.forJoin, arguments: arguments))
  }

  func join(_ visitors: VisitorID...) async throws -> [String] {
    try await join(visitors.map { ($0, false) })
  }

  /// One ticket that is seen.
  struct Sight {
    var visitor: VisitorID
    var number: Int
    var order: Int?
    var issued: Int?
  }

  func see(_ sights: [Sight], lease: String? = nil) async throws -> [String] {
    var arguments: [any RedisArgument] = [lease ?? self.lease]
    for sight in sights {
      arguments.append(sight.visitor.binary)
      arguments += [sight.number, sight.order ?? sight.number, sight.issued ?? Int(now.seconds)]
    }
    return Self.lines(
      try await client.evaluate(Self.see, keys: keys.forTickets, arguments: arguments))
  }

  func see(_ visitor: VisitorID, _ number: Int) async throws -> String {
    try await see([Sight(visitor: visitor, number: number)])[0]
  }

  func leave(
    _ visitor: VisitorID, _ number: Int?, limit: Int = 1_000, waitedLimit: Int = 1_000
  ) async throws -> [Int] {
    let reply = try await client.evaluate(
      Self.leave, keys: keys.forTickets,
      arguments: [
        lease, RoomKeys.departures, "shop \(keys.id)", limit, waitedLimit, visitor.binary,
        number.map { "\($0)" } ?? "-",
      ])
    return (reply.array ?? []).compactMap(\.integer)
  }

  /// What one call admitted, and the numbers behind it.
  struct Admitted: Equatable {
    var numbers: [Int] = []
    var lapsed = 0
    var expired = 0
    var waiting = 0
    var active = 0
    var exempt = 0
    var next = 0
    var served = 0
    var needsDraw = false
  }

  /// - Returns: `nil` when the script does not know the room.
  func admit(
    rate: Double = 1_000_000, limit: Int = 1000, sweep: Int = 0, lease: String? = nil
  ) async throws -> Admitted? {
    let reply = try await client.evaluate(
      Self.admit, keys: keys.forAdmission,
      arguments: [lease ?? self.lease, Int((rate * 1000).rounded()), limit, sweep])
    let lines = Self.lines(reply)
    let words = lines[0].split(separator: " ").compactMap { Int($0) }
    guard words.count == 10, lines.count == 2 else { return nil }
    return Admitted(
      numbers: lines[1].split(separator: " ").compactMap { Int($0) }, lapsed: words[2],
      expired: words[3], waiting: words[4], active: words[5], exempt: words[6], next: words[7],
      served: words[8], needsDraw: words[9] == 1)
  }

  func draw(
    _ step: String, first: Int = 0, seed: String = "", orders: [Int] = []
  ) async throws -> Int {
    let reply = try await client.evaluate(
      Self.draw, keys: keys.forDraw, arguments: [lease, step, first, seed] + orders)
    return reply.integer ?? -2
  }

  /// What nodes would read.
  func state() async throws -> RoomState? {
    let reply = try await client.send(RedisCommand("GET", keys.state))
    return reply.bytes.flatMap { bytes in bytes.withUnsafeBytes { RoomState($0) } }
  }

  /// Bytes that the server has taken for all that it holds.
  func usedMemory() async throws -> Int {
    let text = try await client.send(RedisCommand("INFO", "memory")).text ?? ""
    let line = text.split(separator: "\r\n").first { $0.hasPrefix("used_memory:") }
    return line.flatMap { Int($0.dropFirst("used_memory:".count)) } ?? 0
  }

  func count(_ key: [UInt8]) async throws -> Int {
    try await client.send(RedisCommand("ZCARD", key)).integer ?? -1
  }

  private static func lines(_ reply: RedisValue) -> [String] {
    guard let text = reply.text else { return ["\(reply)"] }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The visitor of a number.
  static func visitor(_ number: Int) -> VisitorID {
    VisitorID(high: 0xA11C_E000, low: UInt64(number))
  }
}

extension RoomTerms {
  /// Wide enough for all that a test does not narrow.
  static func wide(
    capacity: Int = 1000, rate: Int = 1000, session: Int = 600, grace: Int = 30,
    queueing: Queueing = .fifo
  ) -> RoomTerms {
    RoomTerms(
      capacity: capacity, ratePerSecond: rate, sessionSeconds: session, graceSeconds: grace,
      queueing: queueing)
  }
}
