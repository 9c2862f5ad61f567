import EventLoop
import Foundation
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct OrderScenarioTests {
  private struct Outcome: Sendable {
    var result: LoadRun.Result
    var preparations: [String]

    func count(_ outcome: OrderOutcome) -> Int {
      Int(result.tally.outcomes[outcome.rawValue].count)
    }
    var breaches: Breaches { result.conclusion.breaches }
  }

  private static func token(_ user: String) -> String {
    let payload = Data(#"{"sub":"\#(user)"}"#.utf8).base64EncodedString()
    return "h.\(payload.replacing("=", with: "")).s"
  }

  /// Runs 300 users after 100 pieces in three SKUs against a mall in memory.
  private func sell(_ fault: TinyMall.Fault, threads: Int = 1) async throws -> Outcome {
    let folder = TestFolder.make("order")
    defer { TestFolder.remove(folder) }
    let tokens = (1...300).map { Self.token("U\($0)") }.joined(separator: "\n")
    try tokens.write(toFile: "\(folder)/tokens", atomically: true, encoding: .utf8)
    return try await withTinyServer { _ in
      let mall = TinyMall(fault: fault)
      return (mall, mall.react)
    } conclude: { mall, result in
      Outcome(result: result, preparations: mall.preparations)
    } _: { url in
      let words = [
        "--url", url, "--users", "300", "--rate", "1000",
        "--connections", "16", "--threads", String(threads), "--quantity", "100", "--repeats", "20",
        "--tokens", "\(folder)/tokens", "--admin-token", "\(folder)/tokens",
      ]
      let arguments = try CommandArguments(
        words, options: LoadOptions.options + OrderScenario.options)
      let load = try LoadOptions(arguments)
      let scenario = try OrderScenario(arguments: arguments, load: load)
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
    #expect(outcome.count(.reserved) == 100)
    #expect(outcome.result.tally.finished == 360)
    #expect(outcome.count(.replayed) > 0)
    #expect(outcome.count(.reserved) + outcome.count(.replayed) + outcome.count(.soldOut) == 360)
    // A product, three SKUs with their stock, a sale.
    #expect(outcome.preparations.count == 8)
    #expect(outcome.preparations.last?.contains(#""quantity":34"#) == true)
  }

  @Test(arguments: [
    TinyMall.Fault.forgetsKeys, .reservesTwice, .miscalculates, .losesAPiece, .findsAPiece,
    .sellsNothing, .stopsEarly, .refusesHolders, .limits,
  ])
  func `a mall that does wrong is found out`(fault: TinyMall.Fault) async throws {
    #expect(try await sell(fault).breaches.count > 0)
  }

  @Test func `a closed mall is a failure, not a breach`() async throws {
    let outcome = try await sell(.isClosed)
    #expect(outcome.count(.unavailable) == 360)
    #expect(outcome.breaches == Breaches())
  }
}
