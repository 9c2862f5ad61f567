import Domain
import Embedded
import EventLoop
import Foundation
import Ledger
import Postgres
import TestSupport

/// Tenants whose cells lie on all masters of a Redis Cluster, and the programs that serve them.
struct RedisClusterSite: Sendable {
  let redis: RedisClusterNodes
  let postgres: PostgresServer
  let keys: String
  /// One on each master.
  let tenants: [String]

  var environment: [String: String] {
    [
      "SPILLWAY_REDIS_URL": redis.url, "SPILLWAY_DATABASE_URL": postgres.url,
      "SPILLWAY_TOKEN_KEYS": keys,
    ]
  }

  func host(_ tenant: String) -> String { "\(tenant).test" }

  func owner(of tenant: String) async throws -> RedisNode? {
    try await redis.owner(of: "{\(tenant).kr}")
  }

  func tokens(of tenant: String, _ options: [String]) async throws -> [String] {
    let result = try await spillway(
      ["token", "--mode", "development", "--token-keys", keys, "--tenant", tenant] + options)
    guard result.status == .exited(0) else { throw RunningProgram.ProgramFailed(result.errors) }
    return result.output.split(separator: "\n").map(String.init)
  }

  func sql(_ query: String) async throws -> String {
    String(try await SharedServers.psql(url: postgres.url, query).dropLast())
  }

  /// Makes the schema and the tenants.
  static func make(
    redis: RedisClusterNodes, postgres: PostgresServer
  ) async throws -> RedisClusterSite {
    var tenants: [Int: String] = [:]
    var number = 0
    while tenants.count < RedisClusterNodes.masters {
      number += 1
      let name = "shop\(number)"
      if let port = try await redis.owner(of: "{\(name).kr}")?.port { tenants[port] = name }
    }
    let site = RedisClusterSite(
      redis: redis, postgres: postgres, keys: try TokenKeys.file("a"),
      tenants: tenants.values.sorted())
    let result = try await spillway("migrate", environment: site.environment)
    guard result.status == .exited(0) else { throw RunningProgram.ProgramFailed(result.errors) }
    let url = postgres.url
    try await withEventLoop { loop in
      let pool = PostgresPool(configuration: try .patient(url: url), loop: loop)
      pool.start()
      defer { pool.close() }
      try await pool.whenReady(deadline: .seconds(60))
      for tenant in site.tenants {
        try await TenantStore(pool: pool).put(
          Tenant(id: TenantID(tenant)!, name: tenant, defaultMarket: "KR"),
          hosts: [Host(site.host(tenant))!])
      }
    }
    return site
  }
}
