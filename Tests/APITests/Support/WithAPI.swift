import Domain
import EventLoop
import HTTP
import Services
import Telemetry
import TestSupport

@testable import API

/// A server over real sockets, with two tenants: `shop` at shop.test and `other` at other.test.
///
/// A token is `tenant:user:ROLE,ROLE`, and may go on with `:MARKET`, and that with `:language`; an empty market
/// is none. Loop-confined.
final class APIUnderTest<Services> {
  let loop: EventLoop
  let server: APIServer
  let services: Services
  let metrics: MetricsRegistry
  let log: CapturedLog
  var readiness = Readiness()

  init(
    _ table: RouteTable<Services>, services: Services, loop: EventLoop, settings: APISettings,
    rates: RateLimiter? = nil, proxies: TrustedProxies = TrustedProxies(),
    idempotency: IdempotencyService? = nil
  ) throws {
    self.loop = loop
    self.services = services
    let metrics = MetricsRegistry()
    let log = CapturedLog()
    self.metrics = metrics
    self.log = log
    let box = Box()
    let local = SocketAddress.tcp(host: "127.0.0.1", port: 0)
    server = try APIServer(
      table, services: services,
      gate: APISettings.gate(
        hasTenants: settings.hasTenants, rates: rates, idempotency: idempotency),
      surroundings: .init(
        logger: Logger(label: "api", level: settings.logLevel, sink: .captured(by: log)),
        metrics: metrics, clock: .system, readiness: { box.api?.readiness ?? Readiness() }),
      configuration: .init(
        address: local, operationsAddress: settings.hasOperationsPort ? local : nil,
        limits: settings.limits, proxies: proxies),
      loop: loop)
    box.api = self
  }

  private final class Box { weak var api: APIUnderTest? }

  func connect() async throws -> HTTPTestClient {
    try await .connect(to: server.address, on: loop)
  }

  /// Sends one request on a connection of its own.
  func ask(
    _ method: String, _ target: String, host: String = "shop.test", token: String? = nil,
    headers: [(String, String)] = [], body: String? = nil, onOperationsPort: Bool = false
  ) async throws -> HTTPTestResponse {
    let address = onOperationsPort ? server.operationsAddress : server.address
    let client = try await HTTPTestClient.connect(to: address, on: loop)
    defer { client.close() }
    var all = [("Host", host)]
    if let token { all.append(("Authorization", "Bearer \(token)")) }
    if body != nil, !headers.contains(where: { $0.0 == "Content-Type" }) {
      all.append(("Content-Type", "application/json"))
    }
    client.send(method, target, headers: all + headers, body: body)
    return try await client.response(toHead: method == "HEAD")
  }
}

/// How a test wants its server.
struct APISettings: Sendable {
  /// With a deadline of requests below what a client of these tests waits for an answer, and above what a
  /// machine stands still.
  var limits = {
    var limits = HTTPServer.Configuration()
    limits.requestDeadline = .seconds(15)
    return limits
  }()
  var hasOperationsPort = false
  var hasTenants = true
  var logLevel = LogLevel.info

  static func gate(
    hasTenants: Bool, rates: RateLimiter? = nil, idempotency: IdempotencyService? = nil
  ) -> RequestGate {
    let tenant: (UnsafeRawBufferPointer) -> RequestGate.HostFinding = { host in
      guard hasTenants else { return .unavailable }
      switch Host(bytes: host)?.description {
      case "shop.test": return .tenant(self.tenant("shop"))
      case "other.test": return .tenant(self.tenant("other"))
      default: return .unknown
      }
    }
    let principal: (UnsafeRawBufferPointer, Tenant) -> Principal? = { token, tenant in
      let parts = token.text.split(separator: ":", omittingEmptySubsequences: false)
      guard 3...5 ~= parts.count, let user = UserID(String(parts[1])),
        parts[0] == tenant.id.description
      else { return nil }
      let roles = parts[2].split(separator: ",").compactMap { Role(name: String($0)) }
      return Principal(
        user: user, tenant: tenant.id, roles: RoleSet(roles),
        market: parts.count > 3 && !parts[3].isEmpty ? String(parts[3]) : nil,
        language: parts.count > 4 ? Language(rawValue: String(parts[4])) : nil, expiresAt: .latest)
    }
    return RequestGate(
      tenant: tenant, principal: principal, rates: rates, idempotency: idempotency)
  }

  private static func tenant(_ name: String) -> Tenant {
    Tenant(id: TenantID(name)!, name: name, defaultMarket: "KR")
  }
}

/// Runs `body` with a server of the sample routes on a loop of its own.
func withAPI<Result: Sendable>(
  _ configure: @Sendable (inout APISettings) -> Void = { _ in },
  _ body: @escaping @Sendable (APIUnderTest<SampleServices>) async throws -> Result
) async throws -> Result {
  var settings = APISettings()
  configure(&settings)
  return try await withEventLoop { [settings] loop in
    let api = try APIUnderTest(
      SampleRoutes.table, services: SampleServices(loop: loop), loop: loop, settings: settings)
    defer { api.server.close() }
    return try await body(api)
  }
}

extension HTTPTestResponse {
  /// The body as JSON.
  var json: JSONValue {
    get throws { try JSONValue(json: body) }
  }

  /// The code of an error envelope.
  var code: String? { (try? json)?["error"]?["code"]?.string }

  /// The dotted field that a refusal names.
  var field: String? { (try? json)?["error"]?["details"]?["field"]?.string }

  var reason: String? { (try? json)?["error"]?["details"]?["reason"]?.string }
}
