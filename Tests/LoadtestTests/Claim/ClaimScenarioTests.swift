import EventLoop
import Foundation
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct ClaimScenarioTests {
  private struct Outcome: Sendable {
    var result: LoadRun.Result
    var campaigns: [String]

    func count(_ outcome: ClaimOutcome) -> Int {
      Int(result.tally.outcomes[outcome.rawValue].count)
    }
    var breaches: Breaches { result.conclusion.breaches }
  }

  private static func token(_ user: String) -> String {
    let payload = Data(#"{"sub":"\#(user)"}"#.utf8).base64EncodedString()
    return "h.\(payload.replacing("=", with: "")).s"
  }

  /// Runs 300 users after 100 coupons against a shop in memory.
  private func sell(_ fault: TinyShop.Fault, threads: Int = 1) async throws -> Outcome {
    let folder = TestFolder.make("claim")
    defer { TestFolder.remove(folder) }
    let tokens = (1...300).map { Self.token("U\($0)") }.joined(separator: "\n")
    try tokens.write(toFile: "\(folder)/tokens", atomically: true, encoding: .utf8)
    return try await withTinyServer { _ in
      let shop = TinyShop(quantity: 100, fault: fault)
      return (shop, shop.react)
    } conclude: { shop, result in
      Outcome(result: result, campaigns: shop.campaigns)
    } _: { url in
      let words = [
        "--url", url, "--users", "300", "--shape", "burst",
        "--connections", "16", "--threads", String(threads), "--quantity", "100", "--repeats", "20",
        "--tokens", "\(folder)/tokens", "--admin-token", "\(folder)/tokens",
      ]
      let arguments = try CommandArguments(
        words, options: LoadOptions.options + ClaimScenario.options)
      let load = try LoadOptions(arguments)
      let scenario = try ClaimScenario(arguments: arguments, load: load)
      let display = ProgressDisplay(
        outcomes: scenario.outcomes, total: scenario.requestCount, isTerminal: false,
        write: { _ in })
      return try await LoadRun(load: load).run(scenario, display: display)
    }
  }

  @Test(arguments: [1, 3])
  func `a right sale holds`(threads: Int) async throws {
    let outcome = try await sell(.none, threads: threads)
    #expect(outcome.breaches == Breaches())
    #expect(outcome.count(.issued) == 100)
    #expect(outcome.result.tally.finished == 360)
    #expect(outcome.count(.issued) + outcome.count(.replayed) + outcome.count(.soldOut) == 360)
    #expect(outcome.count(.replayed) > 0)
    #expect(outcome.campaigns.count == 1)
    #expect(outcome.campaigns.first?.contains("\"quantity\":100") == true)
  }

  @Test(arguments: [
    TinyShop.Fault.sellsTooMany, .sellsOneTwice, .forgetsHolders, .stopsEarly, .answersNonsense,
  ])
  func `a shop that does wrong is found out`(fault: TinyShop.Fault) async throws {
    #expect(try await sell(fault).breaches.count > 0)
  }

  @Test func `a closed shop is a failure, not a breach`() async throws {
    let outcome = try await sell(.isClosed)
    #expect(outcome.count(.unavailable) == 360)
    #expect(outcome.breaches == Breaches())
  }

  @Test func `tokens tell their users`() {
    var store = TokenStore(text: Array("\(Self.token("U1"))\n\n\(Self.token("U22"))\n".utf8))
    #expect(store.count == 2)
    #expect(store.user(of: 0) == "U1")
    #expect(store.user(of: 1) == "U22")
    store.append("nonsense".utf8)
    #expect(store.user(of: 2) == nil)
    #expect(store.token(2) == "nonsense")
  }
}
