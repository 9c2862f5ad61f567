import Domain
import EventLoop
import Ledger
import Postgres
import Redis
import Services
import Telemetry
import TestSupport
import Testing

@testable import API

/// A whole loop with real tokens, tenants from the ledger, and its own connections.
@Suite struct APILoopTests {
  private static func token(
    _ key: SigningKey, tenant: String = "shop", role: Role = .appAdmin,
    notBefore: Duration? = nil, life: Duration = .seconds(60)
  ) throws -> String {
    let now = WallClock.system.now()
    return try TokenSigner(key: key).sign(
      TokenClaims(
        user: UserID("ann")!, tenant: TenantID(tenant)!, roles: RoleSet(role),
        issuedAt: now - .seconds(3600), notBefore: notBefore.map { now + $0 },
        expiresAt: now + life))
  }

  private func withLoop<Result: Sendable>(
    _ key: SigningKey,
    _ body: @escaping @Sendable (APILoop, _ ask: Ask) async throws -> Result
  ) async throws -> Result {
    let redis = try await SharedServers.redis().url
    let database = try await SharedServers.database()
    return try await withEventLoop { loop in
      let configuration = Node.Configuration(
        redis: try .patient(url: redis), database: try .patient(url: database))
      let api = try APILoop(
        configuration: configuration, keys: try KeyRing([key]),
        platformTenant: TenantID("platform"),
        server: .init(
          address: .tcp(host: "127.0.0.1", port: 0), limits: APISettings().limits), loop: loop,
        logger: Logger(label: "test", sink: .none), metrics: MetricsRegistry())
      try await api.node.database.whenReady(deadline: .seconds(60))
      _ = try await Migrator(migrations: Migration.embedded).run(on: api.node.database)
      for name in ["shop", "platform"] {
        try await TenantStore(pool: api.node.database).put(
          Tenant(id: TenantID(name)!, name: name, defaultMarket: "KR"),
          hosts: [Host("\(name).test")!])
      }
      let ask = Ask(address: api.server.address, loop: loop)
      try await eventually("the tenants are known") {
        try await ask("shop.test", path: "/v1/admin/cells", token: nil).status == 401
      }
      let result = try await body(api, ask)
      await api.drain(deadline: .seconds(5))
      return result
    }
  }

  /// Asks for a path of a host.
  struct Ask {
    let address: SocketAddress
    let loop: EventLoop

    func callAsFunction(
      _ host: String, path: String = "/v1/admin/cells", token: String?
    ) async throws -> HTTPTestResponse {
      let client = try await HTTPTestClient.connect(to: address, on: loop)
      defer { client.close() }
      var headers = [("Host", host)]
      if let token { headers.append(("Authorization", "Bearer \(token)")) }
      client.send("GET", path, headers: headers)
      return try await client.response()
    }
  }

  @Test func `real tokens open their own tenant and nothing else`() async throws {
    let key = try SigningKey(id: "k1", secret: Array(repeating: 7, count: 32))
    let stranger = try SigningKey(id: "k1", secret: Array(repeating: 8, count: 32))
    try await withLoop(key) { _, ask in
      let valid = try Self.token(key)
      // Twice: the second time from the memory of verified tokens.
      for _ in 0..<3 { #expect(try await ask("shop.test", token: valid).status == 200) }
      #expect(try await ask("platform.test", token: valid).status == 401)
      #expect(try await ask("nobody.test", token: valid).status == 404)
      for (name, token) in [
        ("expired", try Self.token(key, life: .seconds(-60))),
        ("not yet valid", try Self.token(key, notBefore: .seconds(600))),
        ("another key", try Self.token(stranger)),
        ("tampered", String(valid.dropLast(3)) + "AAA"), ("cut", String(valid.dropLast(20))),
        ("nonsense", "a.b.c"), ("long", String(repeating: "a", count: 8000)),
      ] {
        let response = try await ask("shop.test", token: token)
        #expect(response.status == 401, "\(name)")
        #expect(response.headers["www-authenticate"] == #"Bearer error="invalid_token""#)
      }
    }
  }

  @Test func `roles give their permissions, platform roles on the platform only`() async throws {
    let key = try SigningKey(id: "k1", secret: Array(repeating: 7, count: 32))
    try await withLoop(key) { _, ask in
      #expect(try await ask("shop.test", token: Self.token(key, role: .user)).status == 403)
      #expect(try await ask("shop.test", token: Self.token(key, role: .appOperator)).status == 200)
      let shopToken = try Self.token(key, role: .platformSuperAdmin)
      #expect(try await ask("shop.test", token: shopToken).status == 403)
      let platformToken = try Self.token(key, tenant: "platform", role: .platformSuperAdmin)
      #expect(try await ask("platform.test", token: platformToken).status == 200)
    }
  }

  @Test func `readiness follows the connections`() async throws {
    let key = try SigningKey(id: "k1", secret: Array(repeating: 7, count: 32))
    try await withLoop(key) { api, ask in
      try await eventually("readiness") {
        try await ask("any.test", path: "/readyz", token: nil).status == 200
      }
      api.node.redis.close()
      let response = try await ask("any.test", path: "/readyz", token: nil)
      #expect(response.status == 503)
      #expect(response.text.contains("redis"))
    }
  }
}
