import Domain
import EventLoop
import Services
import Telemetry
import TestSupport
import Testing

@testable import API
@testable import Reconciler

/// Runs `body` with all routes over a node, and with somebody who admits the visitors of its rooms.
///
/// - Parameters:
///   - pacing: what the rates of rooms follow.
///   - log: what the admitters log.
func withRooms<Result: Sendable>(
  pacing: RoomPacing = .fixed, log: LogSink = .none,
  _ body: @escaping @Sendable (RoomsUnderTest) async throws -> Result
) async throws -> Result {
  try await withNode { api in
    let node = api.services
    var limits = ReconcilerLimits()
    limits.admitInterval = .milliseconds(20)
    limits.idleAdmitInterval = .milliseconds(20)
    limits.paceInterval = .milliseconds(50)
    let admitters = RoomAdmitters(
      name: "test", redis: node.redis, pool: node.database, pacing: pacing, limits: limits,
      logger: Logger(label: "test", sink: log), metrics: MetricsRegistry())
    admitters.start()
    do {
      let result = try await body(RoomsUnderTest(api: api))
      await admitters.stop()
      return result
    } catch {
      await admitters.stop()
      throw error
    }
  }
}

/// What visitors and operators of `shop` do. Loop-confined.
struct RoomsUnderTest {
  let api: APIUnderTest<Node>

  var node: Node { api.services }

  /// Creates a room, with the changes of `members`; its id.
  func create(
    _ members: [String: JSONValue] = [:], tenant: String = "shop"
  ) async throws -> String {
    let response = try await ask(
      "POST", "/v1/admin/rooms", Self.body(members), tenant: tenant)
    return try #require(try response.json["data"]?["room_id"]?.string, "\(response.text)")
  }

  /// A wide room as an operator asks for it.
  static func body(_ members: [String: JSONValue] = [:]) -> JSONValue {
    let wide: [String: JSONValue] = [
      "name": "A room", "capacity": 100, "rate_per_second": 1000, "session_seconds": 600,
      "grace_seconds": 30,
    ]
    var object = JSONObject()
    for (name, value) in wide.merging(members, uniquingKeysWith: { $1 }) { object[name] = value }
    return .object(object)
  }

  /// An operator's request.
  func ask(
    _ method: String, _ path: String, _ body: JSONValue? = nil, tenant: String = "shop"
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      method, path, host: "\(tenant).test", token: "\(tenant):op:MARKETING_MANAGER",
      body: body.map { String(decoding: $0.json, as: UTF8.self) })
  }

  func change(_ room: String, _ members: [String: JSONValue]) async throws -> HTTPTestResponse {
    var object = JSONObject()
    for (name, value) in members { object[name] = value }
    return try await ask("PATCH", "/v1/admin/rooms/\(room)", .object(object))
  }

  /// Joins as a user, or as a guest with a cookie or without one.
  func join(
    _ room: String, user: String? = nil, cookie: String? = nil, tenant: String = "shop"
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "POST", "/v1/rooms/\(room)/tickets", host: "\(tenant).test",
      token: user.map { "\(tenant):\($0):USER" },
      headers: cookie.map { [("Cookie", "a=b; \($0)")] } ?? [])
  }

  /// The ticket that a user gets.
  func ticket(_ room: String, user: String) async throws -> String {
    let response = try await join(room, user: user)
    return try #require(try response.json["data"]?["ticket"]?.string, "\(response.text)")
  }

  func poll(
    _ room: String, _ ticket: String, tenant: String = "shop"
  ) async throws -> HTTPTestResponse {
    try await api.ask("GET", "/v1/rooms/\(room)/tickets/\(ticket)", host: "\(tenant).test")
  }

  func leave(_ room: String, _ ticket: String) async throws -> HTTPTestResponse {
    try await api.ask("DELETE", "/v1/rooms/\(room)/tickets/\(ticket)")
  }

  /// Polls until the ticket is admitted; its admission token.
  func admission(_ room: String, _ ticket: String) async throws -> String {
    try await eventually("the admission") {
      let response = try await poll(room, ticket)
      #expect(response.status == 200, "\(response.text)")
      return try response.json["data"]?["admission_token"]?.string
    }
  }

  /// Creates a campaign behind a room; the path of its claims.
  func campaign(behind room: String?, limit: Int = 1) async throws -> String {
    let now = WallClock.system.now()
    var body = CampaignReaderTests.minimal
    let members: [String: JSONValue] = [
      "opens_at": "\(now - .seconds(60))", "closes_at": "\(now + .seconds(3600))",
      "room_id": JSONValue(room), "per_user_limit": .integer(limit),
    ]
    for (name, value) in members {
      body = CampaignReaderTests.replacing(name, in: body, by: value)
    }
    let response = try await ask("POST", "/v1/admin/campaigns", body)
    let id = try #require(try response.json["data"]?["campaign_id"]?.string, "\(response.text)")
    return "/v1/campaigns/\(id)/coupons"
  }

  func claim(
    _ path: String, user: String, admission: String? = nil, key: String? = nil
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "POST", path, token: "shop:\(user):USER",
      headers: [("X-Admission-Token", admission), ("X-Idempotency-Key", key)].compactMap {
        name, value in value.map { (name, $0) }
      })
  }
}
