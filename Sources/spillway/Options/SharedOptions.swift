/// Options that several commands take.
enum SharedOptions {
  static let logLevel = Option(
    "log-level", .value("LEVEL"), "debug, info, warning or error", default: "info")
  static let data = Option("data", .value("DIR"), "the embedded instance's data folder")
  static let redisURL = Option(
    "redis-url", .value("URL"),
    "redis://[user:password@]host:port/db, unix:///path, redis-cluster://host:port,… or "
      + "redis-sentinel://host:port,…/master")
  static let databaseURL = Option(
    "database-url", .value("URL"), "postgres://user:password@host:port/database")
  static let host = Option("host", .value("ADDRESS"), "address to listen on", default: "127.0.0.1")
  static let port = Option(
    "port", .value("PORT"), "port to listen on; 0 lets the kernel choose", default: "8080")
  static let opsPort = Option(
    "ops-port", .value("PORT"),
    "a port of its own for /readyz, /metrics and /openapi.json, which then leave the public port")
  static let loops = Option("loops", .value("N"), "event loops; one a core if not given")
  static let mode = Option(
    "mode", .value("MODE"), "production or development, in which tokens can be made",
    default: "production")
  static let tokenKeys = Option(
    "token-keys", .value("FILE"),
    "JWK set (RFC 7517) with the keys that access tokens are checked with")
  static let platformTenant = Option(
    "platform-tenant", .value("T"), "the app whose tokens may carry PLATFORM_SUPER_ADMIN")
  static let poolSize = Option(
    "database-connections", .value("N"), "Postgres connections of each loop", default: "4")
  static let ratePolicies = Option(
    "rate-policies", .value("FILE"), "rate policies as JSON; see docs/rate-limits.md")
  static let markets = Option(
    "markets", .value("FILE"),
    "rules of markets (tax, shipping, returns) as JSON; see docs/markets.md")
  static let trustedProxies = Option(
    "trusted-proxies", .value("NETWORKS"),
    "proxies whose word for a client's address is taken, such as 10.0.0.0/8,2001:db8::/32")
  static let forwardedHeader = Option(
    "forwarded-header", .value("NAME"),
    "where they give it: x-forwarded-for, or forwarded (RFC 7239)", default: "x-forwarded-for")
  static let replicaAcks = Option(
    "replica-acks", .value("N"),
    "replicas that must have a hot claim or order before it is answered; 0 for none", default: "0")
  static let replicaTimeout = Option(
    "replica-timeout", .value("MS"), "milliseconds that these replicas may take", default: "100")
  static let streamLimit = Option(
    "stream-limit", .value("N"),
    "entries a cell's stream may hold before claims and orders are shed", default: "200000")
  static let reservation = Option(
    "reservation-seconds", .value("N"),
    "how long an order waits for its payment where its sale does not say", default: "600")
}
