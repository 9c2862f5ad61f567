internal import Embedded
internal import EventLoop
internal import Foundation
internal import Postgres
internal import Redis

extension Provenance {
  private static let deadline = Duration.seconds(5)

  /// The servers that installations of this machine's own run.
  static func installedServers() -> [Server] {
    let program = ProcessInfo.processInfo.environment["SPILLWAY_REDIS_SERVER"] ?? "redis-server"
    let redis = ProgramOutput.read([program, "--version"])
    let postgres = (try? PostgresServer.binaries())
      .flatMap { ProgramOutput.read(["\($0)/postgres", "--version"]) }
    return [
      redis.flatMap(redisVersion).map { Server(name: "Redis", version: $0) },
      postgres.flatMap(postgresVersion).map { Server(name: "PostgreSQL", version: $0) },
    ].compactMap { $0 }
  }

  /// The version in what `redis-server --version` says: `Redis server v=7.0.15 sha=…`.
  static func redisVersion(in text: String) -> String? {
    text.split(separator: " ").first { $0.hasPrefix("v=") }.map { String($0.dropFirst(2)) }
  }

  /// The version in what `postgres --version` says: `postgres (PostgreSQL) 15.14 (Debian …)`.
  static func postgresVersion(in text: String) -> String? {
    text.split(whereSeparator: \.isWhitespace).first { $0.first?.isNumber == true }
      .map(String.init)
  }

  /// The servers behind the one under test, as they tell it; those that cannot be asked are left out.
  static func askedServers(redis: String?, postgres: String?) async -> [Server] {
    let loop = EventLoop.start(name: "versions")
    defer { loop.stop() }
    let servers = try? await loop.submit {
      var servers: [Server] = []
      if let redis, let version = try? await askRedis(redis, loop) {
        servers.append(Server(name: "Redis", version: version))
      }
      if let postgres, let version = try? await askPostgres(postgres, loop) {
        servers.append(Server(name: "PostgreSQL", version: version))
      }
      return servers
    }
    return servers ?? []
  }

  private static func askRedis(_ url: String, _ loop: EventLoop) async throws -> String? {
    let client = RedisClient(
      configuration: try RedisConfiguration(url: url), loop: loop, name: "loadtest")
    client.start()
    defer { client.close() }
    try await client.whenReady(deadline: deadline)
    let answer = try await client.send(RedisCommand("INFO", "server"), timeout: deadline)
    let name = "redis_version:"
    return answer.text?.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name) }
      .map { String($0.dropFirst(name.count)) }
  }

  private static func askPostgres(_ url: String, _ loop: EventLoop) async throws -> String? {
    let pool = try await PostgresPool.ready(url: url, loop: loop)
    defer { pool.close() }
    let rows = try await pool.query(Statement(unprepared: "show server_version"))
    return rows.isEmpty ? nil : postgresVersion(in: try rows[0].decode(0, as: String.self))
  }
}
