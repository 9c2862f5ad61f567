import Domain
import EventLoop
import HotPath
import Ledger
import Postgres
import Redis
import Services
import Telemetry
import TestSupport

@testable import API

/// What the routes of these tests do.
final class OnceServices {
  enum Outcome {
    case succeed, refuse, long, vanish
  }

  let loop: EventLoop
  let pool: PostgresPool
  /// How often a handler had its effect.
  var runs = 0
  var outcome = Outcome.succeed
  var isHeld = false

  init(loop: EventLoop, pool: PostgresPool) {
    self.loop = loop
    self.pool = pool
  }

  func run() async throws(APIError) -> APIResponse {
    runs += 1
    while isHeld { await loop.sleep(for: .milliseconds(2)) }
    switch outcome {
    case .succeed, .vanish: break
    case .refuse: throw .notFound
    case .long:
      let text = String(repeating: "x", count: APIResponse.maximumKept)
      return .data(["text": .string(text)], status: 201)
    }
    return .data(
      ["run": .integer(runs)], status: 201, headers: [APIError.Header("X-Made", "yes")])
  }

  static let table = RouteTable<OnceServices>([
    Route(
      RouteDescription(
        .post, "/v1/things/{id}", id: "makeThing", summary: "A sample.", tag: "samples",
        access: .permission([]), idempotency: .optional, body: .json(.object([])),
        responses: [.init(201, "Done.", .data(.object([])))])
    ) { services in .ordinary { _ async throws(APIError) in try await services.run() } },
    Route(
      RouteDescription(
        .post, "/v1/recorded/{id}", id: "recordThing", summary: "A sample.", tag: "samples",
        access: .permission([]), idempotency: .required, body: .json(.object([])),
        responses: [.init(201, "Done.", .data(.object([])))])
    ) { services in
      .ordinary { context async throws(APIError) in
        try await context.once(in: services.pool) { _ in try await services.run() }
      }
    },
  ])
}

/// A server whose routes take idempotency keys, with a Redis and a ledger. Loop-confined.
final class OnceUnderTest {
  let api: APIUnderTest<OnceServices>
  let router: RedisRouter
  let pool: PostgresPool
  /// Keys are the test's own, since tests share a Redis.
  private let suffix = SharedServers.tag("k")

  var services: OnceServices { api.services }

  init(api: APIUnderTest<OnceServices>, router: RedisRouter, pool: PostgresPool) {
    self.api = api
    self.router = router
    self.pool = pool
  }

  func send(
    _ key: String?, path: String = "/v1/things/1", user: String = "ann", tenant: String = "shop",
    body: String = "{}"
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "POST", path, host: "\(tenant).test", token: "\(tenant):\(user):USER",
      headers: key.map { [("X-Idempotency-Key", "\($0).\(suffix)")] } ?? [], body: body)
  }

  /// How records name a request of ann's to `shop` with an empty body.
  func identity(_ key: String, path: String = "/v1/things/1") async throws -> RequestIdempotency {
    let pattern = path.hasPrefix("/v1/things") ? "/v1/things/{id}" : "/v1/recorded/{id}"
    let name = Array("shop\nann\nPOST \(pattern)\n\(key).\(suffix)".utf8)
    let request = Array("POST \(path)?\n{}".utf8)
    return RequestIdempotency(
      key: name.withUnsafeBytes { IdempotencyDigest.digest($0) },
      fingerprint: request.withUnsafeBytes { IdempotencyDigest.digest($0) })
  }

  /// Takes the record of a key from Redis.
  func wipe(_ key: String, path: String) async throws {
    let record = RequestRecords.key(TenantID("shop")!, try await identity(key, path: path))
    let gone = try await router.client(for: record).send(RedisCommand("DEL", record))
    precondition(gone.integer == 1, "there was no record")
  }
}

/// Runs `body` with routes that take idempotency keys, over a Redis and a database of its own.
///
/// - Parameter patience: how long a repeat waits for the first.
func withOnce<Result: Sendable>(
  patience: Duration = .seconds(1),
  _ body: @escaping @Sendable (OnceUnderTest) async throws -> Result
) async throws -> Result {
  let database = try await SharedServers.database()
  return try await withRedis { redis in
    try await withEventLoop { loop in
      let router = RedisRouter(configuration: try .patient(url: redis.url), loop: loop)
      router.start()
      defer { router.close() }
      let pool = PostgresPool(configuration: try .patient(url: database), loop: loop)
      pool.start()
      defer { pool.close() }
      try await router.whenReady(deadline: .seconds(60))
      try await pool.whenReady(deadline: .seconds(60))
      _ = try await Migrator(migrations: Migration.embedded).run(on: pool)
      for name in ["shop", "other"] {
        try await TenantStore(pool: pool).put(
          Tenant(id: TenantID(name)!, name: name, defaultMarket: "KR"),
          hosts: [Host("\(name).test")!])
      }
      var limits = IdempotencyService.Limits()
      limits.patience = patience
      limits.interval = .milliseconds(10)
      let service = IdempotencyService(
        records: RequestRecords(router: router), pool: pool, limits: limits, loop: loop,
        logger: Logger(label: "idempotency", sink: .none))
      let api = try APIUnderTest(
        OnceServices.table, services: OnceServices(loop: loop, pool: pool), loop: loop,
        settings: APISettings(), idempotency: service)
      defer { api.server.close() }
      return try await body(OnceUnderTest(api: api, router: router, pool: pool))
    }
  }
}
