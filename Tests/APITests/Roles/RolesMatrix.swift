import Domain
import EventLoop
import HTTP
import Services
import Telemetry
import TestSupport
import Testing

@testable import API

/// Every route of a table tried by every caller, over one connection of a real server that checks real
/// tokens. Loop-confined.
struct RolesMatrix {
  let server: APIServer
  let client: HTTPTestClient
  let descriptions: [RouteDescription]
  let callers: [Caller]

  /// What one caller was answered on one route.
  struct Answer {
    let route: RouteDescription
    let caller: Caller
    let response: HTTPTestResponse

    /// How the table would have it refused; nil where it lets in.
    var refusal: ErrorCode? { RolesMatrix.refusal(of: caller, on: route) }

    var name: Comment {
      "\(route.method) \(route.pattern) by \(caller.name): \(response.status) \(response.text)"
    }
  }

  init<Services>(
    _ table: RouteTable<Services>, services: Services, loop: EventLoop
  ) async throws {
    let key = try SigningKey(id: "k1", secret: Array(repeating: 7, count: 32))
    callers = try Caller.all(key)
    descriptions = table.descriptions.filter(\.needsTenant)
    server = try APIServer(
      table, services: services, gate: try Self.gate(key),
      surroundings: .init(
        logger: Logger(label: "test", sink: .none), metrics: MetricsRegistry(), clock: .system,
        readiness: { Readiness() }),
      configuration: .init(
        address: .tcp(host: "127.0.0.1", port: 0), limits: HTTPServer.Configuration()), loop: loop)
    client = try await .connect(to: server.address, on: loop)
  }

  func close() {
    client.close()
    server.close()
  }

  /// Tenants by name; principals as the program finds them.
  private static func gate(_ key: SigningKey) throws -> RequestGate {
    let tokens = TokenCache(
      verifier: TokenVerifier(ring: try KeyRing([key]), platformTenant: TenantID("platform")),
      metrics: MetricsRegistry())
    let tenants = APISettings.gate(hasTenants: true).tenant
    return RequestGate(
      tenant: tenants,
      principal: { try? tokens.verify(bytes: $0, tenant: $1.id, now: WallClock.system.now()).get() }
    )
  }

  // MARK: Asking

  /// Sends all callers' requests to a route at once and reads their answers.
  ///
  /// - Parameter host: whose tenant is asked for.
  func answers(
    on route: RouteDescription, host: String = "shop.test"
  ) async throws -> [Answer] {
    for (number, caller) in callers.enumerated() {
      var headers = [
        ("Host", host), ("Content-Type", "application/json"),
        ("X-Idempotency-Key", "\(route.operationID)-\(number)"),
      ]
      if let token = caller.token { headers.append(("Authorization", "Bearer \(token)")) }
      client.send(route.method.description, Self.path(of: route), headers: headers, body: "{}")
    }
    var answers: [Answer] = []
    for caller in callers {
      let response = try await client.response(toHead: route.method == .head)
      answers.append(Answer(route: route, caller: caller, response: response))
    }
    return answers
  }

  /// Segments that look like ids, so that nothing is refused for its form.
  private static func path(of route: RouteDescription) -> String {
    route.pattern.split(separator: "/").map {
      $0.hasPrefix("{") ? "0195d2e0-0000-7000-8000-000000000000" : String($0)
    }.reduce("") { "\($0)/\($1)" }
  }

  // MARK: What the table says

  private static func refusal(of caller: Caller, on route: RouteDescription) -> ErrorCode? {
    switch (route.access, caller.standing) {
    case (.anyone, _), (.visitor, .none), (.visitor, .roles): nil
    case (_, .none), (_, .invalid): .unauthorized
    case (_, .roles(let roles)):
      // A platform role counts on the platform's tenant only, and the shop is none.
      route.access.admits(roles.permissions(isPlatform: false)) ? nil : .forbidden
    }
  }
}
