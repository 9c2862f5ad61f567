import Domain
import EventLoop
import TestSupport
import Testing

@testable import Services

@Suite struct PromotionMemoryTests {
  /// A ledger that tells one sale, whose name says how often it was asked. Loop-confined.
  private final class Source {
    struct Down: Error {}

    var now: UInt64 = 50_000
    var reads = 0
    var isDown = false
    /// Who waits for an answer, where answers are held.
    var held: [CheckedContinuation<Void, Never>]?

    func memory(on loop: EventLoop) -> PromotionMemory {
      PromotionMemory(loop: loop, now: { self.now }) { _, _ in
        self.reads += 1
        let name = "read \(self.reads)"
        if self.held != nil { await withCheckedContinuation { self.held?.append($0) } }
        if self.isDown { throw Down() }
        return PromotionMemory.Promotions(sales: [
          SKU("a")!: [
            SalePromotion(
              sale: Identifier(high: 1, low: 1), name: name, sku: SKU("a")!,
              price: Money(amount: 1, currency: .won), perUserLimit: 0,
              opensAt: Instant(milliseconds: 0), closesAt: .latest)
          ]
        ])
      }
    }
  }

  private func told(_ memory: PromotionMemory) async -> String? {
    await memory.promotions(in: Market("KR")!, of: TenantID("shop")!).sales[SKU("a")!]?.first?.name
  }

  @Test func `after a pause nobody is told what was before it`() async throws {
    try await withEventLoop { loop in
      let source = Source()
      let memory = source.memory(on: loop)
      #expect(await told(memory) == "read 1")
      source.now += PromotionMemory.lifeMilliseconds - 1
      #expect(await told(memory) == "read 1")
      // A little older: it serves until the answer is here.
      source.now += 1
      #expect(await told(memory) == "read 1")
      try await eventually { await told(memory) == "read 2" }
      for pause in [PromotionMemory.maximumAgeMilliseconds, 60_000, 3_600_000] {
        source.now += pause
        let reads = source.reads
        #expect(await told(memory) == "read \(reads + 1)")
      }
    }
  }

  @Test func `those who come together wait for one answer`() async throws {
    try await withEventLoop { loop in
      let source = Source()
      let memory = source.memory(on: loop)
      source.held = []
      var names: [String?] = []
      let tasks = (0..<5).map { _ in loop.spawn { names.append(await told(memory)) } }
      try await eventually { source.held?.count == 1 }
      source.held?[0].resume()
      for task in tasks { await task.value }
      #expect(names == Array(repeating: "read 1", count: 5) && source.reads == 1)
    }
  }

  @Test func `while the ledger is down what was read ahead serves, and then nothing is promised`()
    async throws
  {
    try await withEventLoop { loop in
      let source = Source()
      let memory = source.memory(on: loop)
      #expect(await told(memory) == "read 1")
      source.isDown = true
      source.now += PromotionMemory.maximumAgeMilliseconds
      #expect(await told(memory) == "read 1")
      // It is tried once a second, and nobody waits for it.
      let reads = source.reads
      for _ in 0..<10 { #expect(await told(memory) == "read 1") }
      #expect(source.reads == reads)
      source.now += PromotionMemory.outageMilliseconds
      #expect(await told(memory) == nil)
      source.isDown = false
      source.now += PromotionMemory.lifeMilliseconds
      try await eventually { await told(memory)?.hasPrefix("read") == true }
    }
  }
}
