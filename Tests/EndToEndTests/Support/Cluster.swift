import Domain
import Embedded
import EventLoop
import Foundation
import Postgres
import Services
import TestSupport

/// A Redis and a Postgres as somebody else would run them, with the demo tenant, for `serve` and
/// `reconcile` to work against.
struct Cluster: Sendable {
  let redis: RedisServer
  let postgres: PostgresServer
  let keys: String

  /// What must never be found in a log.
  static let redisPassword = "hush-redis"
  static let postgresPassword = "hush-postgres"

  /// The variables that lead to both.
  var environment: [String: String] {
    let socket = redis.url.dropFirst("unix://".count)
    let address = postgres.url.replacing("spillway@", with: "spillway:\(Self.postgresPassword)@")
    return [
      "SPILLWAY_REDIS_URL": "unix://operator:\(Self.redisPassword)@\(socket)",
      "SPILLWAY_DATABASE_URL": address,
      "SPILLWAY_TOKEN_KEYS": keys,
    ]
  }

  /// Tokens of the users `U1` to `UN`, signed by the first key of a file.
  func tokens(_ user: String, count: Int, keys: String? = nil) async throws -> [String] {
    try await token(["--user", user, "--count", "\(count)"], keys: keys)
      .split(separator: "\n").map(String.init)
  }

  func token(_ options: [String], keys: String? = nil) async throws -> String {
    let result = try await spillway(
      ["token", "--mode", "development", "--token-keys", keys ?? self.keys] + options)
    guard result.status == .exited(0) else { throw RunningProgram.ProgramFailed(result.errors) }
    return String(result.output.dropLast())
  }

  func administrator() async throws -> String {
    try await token(["--user", "boss", "--role", "APP_ADMIN"])
  }

  func sql(_ query: String) async throws -> String {
    String(try await SharedServers.psql(url: postgres.url, query).dropLast())
  }

  /// Makes the schema through the command line, and plants the demo tenant.
  fileprivate func prepare() async throws {
    for expected in ["applied ", "the schema is up to date"] {
      let result = try await spillway("migrate", environment: environment)
      guard result.status == .exited(0), result.output.hasPrefix(expected), result.errors == ""
      else { throw RunningProgram.ProgramFailed("migrate: \(result.output)\(result.errors)") }
    }
    let url = postgres.url
    try await withEventLoop { loop in
      let pool = PostgresPool(configuration: try .patient(url: url), loop: loop)
      pool.start()
      defer { pool.close() }
      try await pool.whenReady(deadline: .seconds(60))
      try await DemoSeed.plant(in: pool, now: WallClock.system.now())
    }
  }

  /// Starts `serve` on a port that the kernel chooses, and ends it after `body`.
  func serve<Result>(
    _ options: [String] = [], _ body: (RunningProgram, Site) async throws -> Result
  ) async throws -> Result {
    let arguments = ["serve", "--port", "0", "--loops", "1"] + options
    return try await withSpillway(arguments, environment: environment) { program in
      try await body(program, try await site(of: program))
    }
  }

  /// Where a process listens, which its log tells at once.
  private func site(of program: RunningProgram) async throws -> Site {
    try await eventually("the line that tells the port") {
      program.logLines.lazy.filter { $0["message"] as? String == "listening" }
        .compactMap { $0["url"] as? String }.first.flatMap { Site(url: $0) }
    }
  }
}

/// Runs `body` with servers of its own, prepared and running.
func withCluster<Result>(_ body: (Cluster) async throws -> Result) async throws -> Result {
  let user = "user operator on >\(Cluster.redisPassword) ~* &* +@all"
  // What is committed outlives the kill of a process, if not of the machine.
  var durable = PostgresServer.Options.fast
  durable.configuration.append("synchronous_commit = on")
  return try await withServers(
    redis: .init(fsync: .never, configuration: [user]), postgres: durable
  ) { redis, postgres in
    let cluster = Cluster(redis: redis, postgres: postgres, keys: try TokenKeys.file("a"))
    try await cluster.prepare()
    return try await body(cluster)
  }
}
