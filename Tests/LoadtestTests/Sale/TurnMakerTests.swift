import EventLoop
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct TurnMakerTests {
  private static let busy = TinyServer.response(
    503, #"{"error":{"code":"INTERNAL_RETRYABLE"},"request_id":"r"}"#,
    headers: "Retry-After: 1\r\nConnection: close\r\n")

  /// Makes a turn with a server that refuses to make a SKU so many times; returns the names of its SKUs,
  /// and how often it was asked to make one.
  private func make(refusals: Int, _ status: String = busy) async throws -> (
    skus: [String], attempts: Int
  ) {
    let arguments = try CommandArguments(
      ["--url", "http://x", "--data", "d", "--skus", "1", "--quantity", "5"],
      options: LoadOptions.options + SaleTerms.options + TokenOptions.options)
    let terms = try SaleTerms(arguments, shoppers: 10, users: 10, cancelPercent: 0, think: 0)
    let loop = EventLoop.start(name: "turn")
    defer { loop.stop() }
    return try await loop.submit {
      let shop = TinyShop(quantity: 5, fault: .none)
      let mall = TinyMall(fault: .none)
      var asked = 0
      let server = try TinyServer(loop: loop) { request in
        if request.hasPrefix("POST /v1/admin/campaigns ") { return shop.react(to: request) }
        if request.hasPrefix("POST /v1/admin/skus ") {
          asked += 1
          if asked <= refusals { return .sendAndClose(status) }
        }
        return mall.react(to: request)
      }
      let target = try #require(Target(url: server.url))
      let maker = TurnMaker(
        terms: terms, target: target, token: "t", run: "run", room: nil, loop: loop,
        pause: .milliseconds(1))
      let turn = try await maker.make(3)
      return (turn.skus, asked)
    }
  }

  @Test func `a server that is busy for a moment is asked again, for goods of another name`()
    async throws
  {
    let (skus, attempts) = try await make(refusals: 2)
    #expect(attempts == 3)
    #expect(skus == ["LT-run-3-3-1"])
  }

  @Test func `a server that stays busy ends the run`() async throws {
    await #expect(throws: ScenarioError.self) {
      _ = try await make(refusals: TurnMaker.maximumAttempts)
    }
  }

  @Test func `what is refused for good is asked once`() async throws {
    let refusal = TinyServer.response(
      400, #"{"error":{"code":"INVALID_ARGUMENT"},"request_id":"r"}"#,
      headers: "Connection: close\r\n")
    await #expect(throws: ScenarioError.self) { _ = try await make(refusals: 1, refusal) }
  }
}
