internal import Embedded
internal import EventLoop
internal import Redis

/// A Redis of a peer's own, with the plain claim as a script in it.
final class ClaimRedis {
  /// What the script works on: coupons left, holders, facts.
  static let keys = ["left", "holders", "facts"]

  let server: RedisServer
  /// The script's SHA-1, once it has started.
  private(set) var digest = ""
  private let loop: EventLoop

  private static let deadline = Duration.seconds(10)

  init(folder: String, fsync: RedisServer.Fsync, loop: EventLoop) {
    self.loop = loop
    server = RedisServer(directory: "\(folder)/redis", options: .init(fsync: fsync))
  }

  /// Starts it and loads the script.
  ///
  /// - Throws: `ScenarioError`.
  func start() async throws(ScenarioError) {
    do {
      try await server.start()
    } catch {
      throw ScenarioError("a peer's Redis: \(error)")
    }
    let answer = try await send("SCRIPT", "LOAD", PackageResources.plain_claim_lua)
    guard case .string(let digest) = answer else {
      throw ScenarioError("Redis took the script with \(answer)")
    }
    self.digest = String(decoding: digest, as: UTF8.self)
  }

  /// Sends a command on a connection of its own.
  ///
  /// - Throws: `ScenarioError`.
  @discardableResult
  func send(
    _ name: String, _ arguments: any RedisArgument & Sendable...
  ) async throws(ScenarioError) -> RedisValue {
    let (url, loop) = (server.url, loop)
    do {
      return try await loop.submit {
        let client = RedisClient(
          configuration: try RedisConfiguration(url: url), loop: loop, name: "loadtest")
        client.start()
        defer { client.close() }
        try await client.whenReady(deadline: Self.deadline)
        return try await client.send(RedisCommand(name, arguments), timeout: Self.deadline)
      }
    } catch {
      throw ScenarioError("a peer's Redis: \(error)")
    }
  }

  /// Forgets all claims, and makes coupons for a load.
  ///
  /// - Throws: `ScenarioError`.
  func fill(for load: CompareLoad) async throws(ScenarioError) {
    try await send("FLUSHALL")
    try await send("SET", Self.keys[0], load == .winning ? CompareLoad.plenty : 0)
  }

  /// Makes one claim straight in Redis.
  ///
  /// - Throws: `ScenarioError`.
  func claim(for user: String) async throws(ScenarioError) -> PeerAnswer {
    let answer = try await send(
      "EVALSHA", digest, Self.keys.count, Self.keys[0], Self.keys[1], Self.keys[2], user)
    guard case .array(let parts) = answer, parts.count == 2, let outcome = parts[0].integer,
      let sequence = parts[1].integer
    else { return .other("\(answer)") }
    return PeerAnswer(outcome: outcome, sequence: sequence)
  }

  /// How many users hold a coupon.
  ///
  /// - Throws: `ScenarioError`.
  func issued() async throws(ScenarioError) -> Int {
    try await send("HLEN", Self.keys[1]).integer ?? 0
  }

  /// CPU seconds it has used so far.
  var processorSeconds: Double {
    server.processIdentifier.flatMap { ProcessorTime.ofProcess($0) } ?? 0
  }

  func stop() async { await server.stop() }
}
