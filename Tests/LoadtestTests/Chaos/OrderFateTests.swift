import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct OrderFateTests {
  @Test func `refunds are numbered, follow a payment and never ask for more than was ordered`() {
    var generator = SeededGenerator()
    var numbers = SeededNumbers(seed: generator.next())
    var refunds = 0
    for _ in 0..<5_000 {
      let lines = [0: 2, 3: 1]
      guard case .settle(let stages) = OrderFate(habits: .shop).choose(for: lines, &numbers) else {
        continue
      }
      let later = stages.dropFirst().joined()
      #expect(stages[0].filter(\.isRefund).isEmpty)
      #expect(later.isEmpty || stages[0] == [.payment])
      var seen: [Int] = []
      for case .refund(let number, let portion) in later {
        refunds += 1
        seen.append(number)
        switch portion {
        case .everything: break
        case .amount(let amount): #expect((1...3 * SalePlan.price).contains(amount))
        case .lines(let wanted):
          #expect(!wanted.isEmpty && wanted.allSatisfy { (1...lines[$0.key]!).contains($0.value) })
        }
      }
      #expect(seen == Array(0..<seen.count).map { $0 + 1 })
    }
    #expect(refunds > 0)
  }

  @Test func `two answers are the same whatever the ids of their requests are`() {
    func digest(_ text: String) -> UInt64 {
      Array(text.utf8).withUnsafeBytes(AnswerDigest.make)
    }
    let first = digest(#"{"data":{"a":1},"request_id":"x"}"#)
    #expect(digest(#"{"data":{"a":1},"request_id":"y"}"#) == first)
    #expect(digest(#"{"data":{"a":2},"request_id":"x"}"#) != first)
  }
}
