import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct RoomMemoryTests {
  static let tickets = 200_000
  /// Bytes that Redis may take for a ticket that waits.
  static let allowed = 300

  @Test func `200,000 waiting tickets take at most 300 bytes each`() async throws {
    let bytes = try await withRedis { server in
      let url = server.url
      return try await RoomBench.run(url: url) { bench in
        try await bench.put(.wide(capacity: 1))
        let before = try await bench.usedMemory()
        var random = SeededGenerator("memory", seed: 7)
        let visitors = (0..<Self.tickets).map { _ in
          VisitorID(high: random.next(), low: random.next())
        }
        var number = 0
        for start in stride(from: 0, to: visitors.count, by: 500) {
          let part = visitors[start..<start + 500]
          _ = try await bench.join(part.map { ($0, passes: false) })
          _ = try await bench.see(
            part.map { visitor in
              number += 1
              return .init(visitor: visitor, number: number)
            })
        }
        _ = try await bench.admit(rate: 0.001)
        #expect(try await bench.count(bench.keys.waiting) >= Self.tickets - 1)
        return (try await bench.usedMemory() - before) / Self.tickets
      }
    }
    print("a waiting ticket takes \(bytes) bytes in Redis")
    #expect(bytes <= Self.allowed)
  }
}
