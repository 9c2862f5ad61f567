import Testing

@testable import Postgres

@Suite struct PreparedStatementsTests {
  private static let statement = Statement("s", "select $1, $2")

  @Test func `a null fits a parameter of any type, a type only its own`() {
    var statements = PreparedStatements()
    let made = statements.add(Self.statement, types: [.int8, .text])
    #expect(statements.find(Self.statement, types: [.int8, .text]) == made)
    #expect(statements.find(Self.statement, types: [.unspecified, .text]) == made)
    #expect(statements.find(Self.statement, types: [.text, .text]) == nil)
    #expect(statements.find(Self.statement, types: [.int8]) == nil)
    #expect(statements.find(Statement("s", "select 1"), types: [.int8, .text]) == nil)
  }

  @Test func `there are never more than the limit, and forgetting makes room`() {
    var statements = PreparedStatements()
    for number in 0..<PreparedStatements.limit {
      #expect(statements.add(Statement("s\(number)", ""), types: []) != nil)
    }
    #expect(statements.add(Self.statement, types: []) == nil)
    statements.forget(Statement("s7", ""))
    #expect(statements.add(Self.statement, types: []) != nil)
  }

  @Test func `pauses grow with each failure up to the longest and start anew after a success`() {
    var generator = FixedGenerator()
    var backoff = Backoff()
    let pauses = (0..<8).map { _ in backoff.next(using: &generator) }
    #expect(pauses.max()! <= Backoff.longest)
    #expect(pauses == pauses.sorted())
    backoff.reset()
    #expect(backoff.next(using: &generator) == pauses[0])
  }
}

/// Always the highest number.
private struct FixedGenerator: RandomNumberGenerator {
  mutating func next() -> UInt64 { .max }
}

@Suite struct QueueTests {
  @Test func `elements leave in the order they came, through any mix of operations`() {
    var queue = Queue<Int>()
    var next = 0
    var expected = 0
    for round in 0..<2000 {
      for _ in 0..<(round % 7) {
        queue.append(next)
        next += 1
      }
      for _ in 0..<(round % 6) where !queue.isEmpty {
        #expect(queue.first == expected)
        #expect(queue.popFirst() == expected)
        expected += 1
      }
      #expect(queue.count == next - expected)
    }
    #expect(queue.elements == Array(expected..<next))
    queue.removeAll { $0 != expected }
    #expect(queue.elements == [expected])
  }
}
