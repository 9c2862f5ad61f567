import TestSupport
import Testing

@testable import Services

@Suite struct RecentMemoryTests {
  @Test func `it forgets what was not asked for, and never holds more than it may`() {
    var memory = RecentMemory<Int, String>(capacity: 10)
    for number in 0..<100 {
      memory.put("\(number)", for: number)
      #expect(memory.find(0) == "0")
      #expect(memory.count <= 10)
    }
    #expect(memory.find(99) == "99")
    #expect(memory.find(50) == nil)
    memory.remove(0)
    #expect(memory.find(0) == nil)
    memory.removeAll()
    #expect(memory.count == 0)
  }

  @Test func `what it tells is what was last put`() {
    var random = SeededGenerator()
    var memory = RecentMemory<Int, Int>(capacity: 16)
    var truth: [Int: Int] = [:]
    for step in 0..<20_000 {
      let key = Int.random(in: 0..<40, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        memory.put(step, for: key)
        truth[key] = step
      case 1 where step % 50 == 0:
        memory.remove(key)
        truth[key] = nil
      default:
        if let found = memory.find(key) { #expect(found == truth[key]) }
      }
      #expect(memory.count <= 16)
    }
  }

  @Test func `whatever is put, it never costs more than it may`() {
    var random = SeededGenerator("memory by size")
    var memory = RecentMemory<Int, Int>(capacity: 1_000)
    var truth: [Int: (value: Int, cost: Int)] = [:]
    for step in 0..<5_000 {
      let key = Int.random(in: 0..<60, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1:
        let cost = Int.random(in: 1...600, using: &random)
        memory.put(step, for: key, cost: cost)
        truth[key] = (step, cost)
        #expect((memory.find(key) == step) == (cost <= 500), "a value of \(cost)")
      case 2 where step % 20 == 0:
        memory.remove(key)
        truth[key] = nil
      default:
        if let found = memory.find(key) { #expect(found == truth[key]?.value) }
      }
      #expect(memory.cost <= memory.capacity)
      let known = truth.filter { memory.knows($0.key) }
      #expect(memory.cost == known.reduce(0) { $0 + $1.value.cost })
    }
    memory.removeAll()
    #expect(memory.cost == 0 && memory.count == 0)
  }
}

extension RecentMemory {
  /// Whether it has a value, without asking for it.
  fileprivate func knows(_ key: Key) -> Bool {
    var copy = self
    return copy.find(key) != nil
  }
}
