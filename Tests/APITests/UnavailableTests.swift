import Domain
import EventLoop
import Postgres
import Redis
import Services
import Telemetry
import TestSupport
import Testing

@testable import API

@Suite struct UnavailableTests {
  /// A node whose Redis and Postgres are nowhere.
  private func withLostNode<Result: Sendable>(
    _ body: @escaping @Sendable (APIUnderTest<Node>) async throws -> Result
  ) async throws -> Result {
    try await withEventLoop { loop in
      var database = try PostgresConfiguration(url: "postgresql:///spillway?host=/nowhere")
      // Below the request's deadline: it is the handler that answers.
      database.waitTimeout = .milliseconds(150)
      let node = Node(
        configuration: .init(
          redis: try RedisConfiguration(url: "unix:///nowhere/redis.sock"), database: database),
        loop: loop, logger: Logger(label: "test", sink: .none), metrics: MetricsRegistry())
      node.start()
      defer { node.stop() }
      var settings = APISettings()
      settings.limits.requestDeadline = .milliseconds(500)
      let api = try APIUnderTest(
        SpillwayRoutes.table, services: node, loop: loop, settings: settings)
      defer { api.server.close() }
      return try await body(api)
    }
  }

  @Test func `without ledger and Redis every route asks to come again, in time`() async throws {
    try await withLostNode { api in
      let id = "0195d2e0-0000-7000-8000-000000000000"
      for route in SpillwayRoutes.table.descriptions where route.needsTenant {
        let path = route.pattern.replacing("{id}", with: id)
        var body: String?
        if case .json = route.body {
          body =
            switch route.operationID {
            case _ where route.method == .patch: #"{"name":"x"}"#
            case "createRoom": RoomsUnderTest.body().jsonText
            case "revokeTickets": #"{"all":true}"#
            default: CampaignReaderTests.minimal.jsonText
            }
        }
        // Of a user and of an operator, one may call.
        let response = try await api.ask(
          route.method.description, path, token: "shop:ann:APP_ADMIN,USER", body: body)
        #expect(response.status == 503, "\(route.operationID): \(response.text)")
        #expect(response.code == "INTERNAL_RETRYABLE")
        #expect(response.headers["retry-after"] != nil)
      }
      #expect(try await api.ask("GET", "/healthz").status == 200)
    }
  }

  @Test func `all who ask at once for a campaign that cannot be read hear that it cannot`()
    async throws
  {
    try await withLostNode { api in
      let path = "/v1/campaigns/0195d2e0-0000-7000-8000-000000000000/coupons"
      var statuses: [Int] = []
      let asking = (0..<24).compactMap { number in
        EventLoop.current?.spawn {
          let answer = try? await api.ask("POST", path, token: "shop:u\(number):USER")
          statuses.append(answer?.status ?? 0)
        }
      }
      for task in asking { await task.value }
      #expect(statuses == Array(repeating: 503, count: 24))
    }
  }
}
