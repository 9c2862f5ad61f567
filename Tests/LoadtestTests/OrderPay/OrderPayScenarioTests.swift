import Domain
import EventLoop
import Foundation
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct OrderPayScenarioTests {
  private static func token(_ user: String) -> String {
    let payload = Data(#"{"sub":"\#(user)"}"#.utf8).base64EncodedString()
    return "h.\(payload.replacing("=", with: "")).s"
  }

  /// 100 buyers, a fifth of whom send their payment again, at a till in memory.
  private func sell(
    _ fault: TinyTill.Fault?, _ words: String...
  ) async throws -> (result: LoadRun.Result, credits: Int) {
    let folder = TestFolder.make("till")
    defer { TestFolder.remove(folder) }
    let tokens = (1...100).map { Self.token("U\($0)") }.joined(separator: "\n")
    try tokens.write(toFile: "\(folder)/tokens", atomically: true, encoding: .utf8)
    return try await withTinyServer { _ in
      let till = TinyTill(fault: fault)
      return (till, till.react)
    } conclude: { till, result in
      (result, till.credits)
    } _: { url in
      let all =
        [
          "--url", url, "--users", "100", "--seconds", "0.3",
          "--connections", "8", "--repeats", "20", "--tokens", "\(folder)/tokens",
          "--admin-token", "\(folder)/tokens",
        ] + words
      let arguments = try CommandArguments(
        all, options: LoadOptions.options + OrderPayScenario.options)
      let scenario = try OrderPayScenario(arguments: arguments, load: try LoadOptions(arguments))
      let display = ProgressDisplay(
        outcomes: scenario.outcomes, total: scenario.requestCount, isTerminal: false,
        write: { _ in })
      return try await scenario.run(display)
    }
  }

  private func count(_ outcome: OrderPayOutcome, _ result: LoadRun.Result) -> Int {
    Int(result.tally.outcomes[outcome.rawValue].count)
  }

  @Test func `a right till holds, also when it is busy at first`() async throws {
    let (result, credits) = try await sell(nil, "--poor", "10")
    // The till takes the poor for rich: each of them is one breach.
    #expect(result.conclusion.breaches.count == 10)
    #expect(credits == 90)
    #expect(count(.reserved, result) == 100)
    #expect(count(.paid, result) == 100)
    #expect(count(.replayed, result) == 40)
    let (busy, _) = try await sell(.isBusyAtFirst)
    #expect(busy.conclusion.breaches == Breaches())
    #expect(count(.unavailable, busy) == 200)
    #expect(count(.paid, busy) == 100)
  }

  @Test(arguments: TinyTill.Fault.allCases.filter { $0 != .isBusyAtFirst })
  func `a till that does wrong is found out`(fault: TinyTill.Fault) async throws {
    #expect(try await sell(fault).result.conclusion.breaches.count > 0)
  }

  @Test func `missed objectives are told`() async throws {
    let (result, _) = try await sell(
      nil, "--objective-payment-p95", "0.000001", "--objective-paid", "1000000")
    #expect(result.conclusion.missed.count == 2)
    let (held, _) = try await sell(nil, "--objective-payment-p95", "60000", "--objective-paid", "1")
    #expect(held.conclusion.missed.isEmpty)
  }

  @Test func `each difference between answers and ledger is a breach`() {
    let order = Identifier(high: 1, low: 1)
    let made = PaymentMade(
      payment: Identifier(high: 2, low: 2), paidAt: Instant(milliseconds: 5), balanceAfter: 7)
    func breaches(
      unpaid: Int = 0, second: Int = 0, told: Bool = true,
      _ change: (inout LedgerPayment) -> Void = { _ in }
    ) -> Int {
      var row = LedgerPayment(
        order: order, payment: made.payment, user: "U1", status: .paid, total: 10, amount: 10,
        balanceAfter: 7, entries: 1, taken: 10, entryBalance: 7)
      change(&row)
      return PaymentComparison(
        told: told ? [AcknowledgedPayment(buyer: 0, order: order, made: made)] : [],
        payments: [row], unpaid: unpaid, secondOrders: second, price: 10, name: { "U\($0 + 1)" }
      ).breaches.count
    }
    #expect(breaches() == 0)
    #expect(breaches(told: false) == 0)
    #expect(breaches(unpaid: 1) == 1)
    #expect(breaches(second: 1) == 1)
    #expect(breaches { $0.order = Identifier(high: 9, low: 9) } == 1)
    #expect(breaches { $0.payment = Identifier(high: 9, low: 9) } == 1)
    #expect(breaches { $0.user = "U2" } == 1)
    #expect(breaches { $0.status = .cancelled } == 1)
    #expect(breaches { $0.total = 9 } == 1)
    #expect(breaches { $0.amount = 9 } == 1)
    #expect(breaches { $0.taken = 9 } == 1)
    #expect(breaches { $0.entries = 2 } == 1)
    #expect(breaches { $0.balanceAfter = 6 } == 2)
  }
}
