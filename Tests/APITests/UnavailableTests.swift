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
      var configuration = Node.Configuration(
        redis: try RedisConfiguration(url: "unix:///nowhere/redis.sock"), database: database)
      let quota = RateQuota(limit: 1, windowSeconds: 1, burst: 1)!
      configuration.rateLimits = RateLimitSettings(
        policies: [RateLimitPolicy(name: "own", scope: .user, quota: quota)])
      let node = Node(
        configuration: configuration, loop: loop, logger: Logger(label: "test", sink: .none),
        metrics: MetricsRegistry())
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

  /// What a right request to a route carries.
  private static func body(of operation: String) -> String {
    let id = "0195d2e0-0000-7000-8000-000000000000"
    return switch operation {
    case "peekRatePolicy", "refundRatePolicy": #"{"user":"bob"}"#
    case "createRoom": RoomsUnderTest.body().jsonText
    case "revokeTickets": #"{"all":true}"#
    case "placeOrder": #"{"lines":[{"sku":"a","quantity":1}]}"#
    case "payOrder": #"{"method":"wallet"}"#
    case "createExchangeRate":
      #"{"from":"USD","to":"KRW","rate":{"numerator":1400,"denominator":1}}"#
    case "creditWallet", "debitWallet":
      #"{"amount":1,"currency":"KRW","reason":"charge","ref_type":"test","ref_id":"1"}"#
    case "placeWalletHold": #"{"amount":1,"currency":"KRW","reason":"trip"}"#
    case "cancelOrder", "refundOrder", "recallCampaign", "recallCoupon", "recallCouponsOfUser":
      #"{"reason":"changed"}"#
    case "transitionOrder": #"{"to":"FULFILLED","reason":"shipped"}"#
    case "adjustStock": #"{"quantity":1,"reason":"delivery"}"#
    case "putCartItem": #"{"quantity":1}"#
    case "putCartCoupon": #"{"coupon_id":"\#(id)"}"#
    case "createLocation": #"{"name":"Seoul"}"#
    case "transferStock":
      #"{"from_location_id":"\#(id)","to_location_id":"\#(id.dropLast())1","quantity":1,"reason":"r"}"#
    case "createCategory": #"{"slug":"shoes"}"#
    case "createProduct": #"{"name":"Shoe"}"#
    case "createSKU":
      #"{"sku":"a","product_id":"\#(id)","prices":[{"market":"KR","amount":1,"currency":"KRW"}]}"#
    case "createSale":
      CampaignReaderTests.replacing(
        "closes_at", in: SaleReaderTests.minimal, by: "2099-01-01T00:00:00Z"
      ).jsonText
    default: CampaignReaderTests.minimal.jsonText
    }
  }

  @Test func `without ledger and Redis every route asks to come again, in time`() async throws {
    try await withLostNode { api in
      let id = "0195d2e0-0000-7000-8000-000000000000"
      for route in SpillwayRoutes.table.descriptions where route.needsTenant {
        let path =
          route.pattern.replacing("{id}", with: id).replacing("{sku}", with: "a")
          .replacing("{slug}", with: "shoes").replacing("{policy}", with: "own")
          .replacing("{user}", with: "bob").replacing("{coupon}", with: id)
          .replacing("{hold}", with: id)
        let query = route.operationID == "convertMoney" ? "?amount=1&from=USD&to=KRW" : ""
        var body: String?
        if case .json = route.body {
          body =
            route.method == .patch
            ? #"{"name":"x","position":1}"# : Self.body(of: route.operationID)
        }
        // Of a user and of an operator, one may call.
        let response = try await api.ask(
          route.method.description, path + query, token: "shop:ann:APP_ADMIN,USER",
          headers: route.idempotency == .none ? [] : [("X-Idempotency-Key", "k")], body: body)
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
