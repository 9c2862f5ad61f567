internal import Domain
internal import Foundation
internal import Postgres
internal import Redis
internal import Services
internal import Telemetry

/// What may be chosen of an API node's bounds.
struct NodeBounds: Sendable {
  let poolSize: Int?
  let streamEntries: Int?
  let reservationSeconds: Int?
  let rateLimits: RateLimitSettings?
  let markets: MarketBook

  func configuration(
    redis: RedisConfiguration, database: PostgresConfiguration
  ) -> Node.Configuration {
    var node = Node.Configuration(redis: redis, database: database)
    if let poolSize { node.database.poolSize = poolSize }
    node.rateLimits = rateLimits
    node.markets = markets
    if let streamEntries { node.claimLimits.streamEntries = streamEntries }
    if let reservationSeconds { node.reservation = .seconds(reservationSeconds) }
    return node
  }
}

/// Reads options into settings, with errors that name the option.
extension ParsedOptions {
  func logger() throws(UsageError) -> Logger {
    let name = try choice("log-level", of: LogLevel.allCases.map { "\($0)" })
    return Logger(label: "spillway", level: LogLevel.allCases.first { "\($0)" == name } ?? .info)
  }

  func redis() throws(UsageError) -> RedisConfiguration {
    do {
      return try RedisConfiguration(url: try required("redis-url"))
    } catch let error as UsageError {
      throw error
    } catch {
      throw UsageError("\(origin("redis-url")): \(error)")
    }
  }

  func database() throws(UsageError) -> PostgresConfiguration {
    do {
      return try PostgresConfiguration(url: try required("database-url"))
    } catch let error as UsageError {
      throw error
    } catch {
      throw UsageError("\(origin("database-url")): \(error)")
    }
  }

  func loopCount() throws(UsageError) -> Int {
    try integer("loops", in: 1...256) ?? max(1, ProcessInfo.processInfo.activeProcessorCount)
  }

  func isDevelopment() throws(UsageError) -> Bool {
    try choice("mode", of: ["production", "development"]) == "development"
  }

  func nodeBounds() throws(UsageError) -> NodeBounds {
    NodeBounds(
      poolSize: try integer("database-connections", in: 1...64),
      streamEntries: try integer("stream-limit", in: 100...100_000_000),
      reservationSeconds: try integer("reservation-seconds", in: OrderBounds.reservationSeconds),
      rateLimits: try rateLimits(), markets: try markets())
  }

  /// Which replicas of Redis are waited for before a hot claim is answered; `nil` for none.
  func replicaWait() throws(UsageError) -> ReplicaWait? {
    guard let replicas = try integer("replica-acks", in: 0...16), replicas > 0 else { return nil }
    let timeout = try integer("replica-timeout", in: 1...5_000) ?? 100
    return ReplicaWait(replicas: replicas, timeout: .milliseconds(timeout))
  }

  /// The app whose tokens may carry platform roles.
  func platformTenant() throws(UsageError) -> TenantID? {
    guard let text = text("platform-tenant") else { return nil }
    guard let tenant = TenantID(text) else {
      throw UsageError("\(origin("platform-tenant")) is no name of a tenant: '\(text)'")
    }
    return tenant
  }

  /// The keys for access tokens: a file, or in development mode the data folder's own.
  func keys(isDevelopment: Bool) throws(UsageError) -> KeyRing {
    if let path = text("token-keys") {
      do {
        return try KeyRing.load(path: path)
      } catch {
        throw UsageError("\(origin("token-keys")): \(error)")
      }
    }
    guard isDevelopment else {
      throw UsageError("--token-keys (or SPILLWAY_TOKEN_KEYS) is required in production mode")
    }
    do {
      let key = try DevelopmentKey.loadOrCreate(in: try dataFolder())
      return try KeyRing([key])
    } catch let error as UsageError {
      throw error
    } catch {
      throw UsageError("the development key: \(error)")
    }
  }

  /// The data folder, as an absolute path.
  func dataFolder() throws(UsageError) -> String {
    let path = text("data") ?? DataFolder.standard
    return URL(fileURLWithPath: path).standardizedFileURL.path
  }
}
