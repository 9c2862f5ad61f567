import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct CommandSetTests {
  @Test func `commands for many subjects stay together and end together`() async throws {
    try await StockBench.run { bench in
      let orders = try await bench.placed(
        (0..<9).map { StockBench.Order(user: "user\($0)", lines: [("A", 1, 100)]) })
      for order in orders { try await bench.charge(100, to: order.user) }
      let before = try await bench.cells.commands(of: bench.cell, limit: 1000)
      try await bench.cells.markApplied(before, of: bench.cell, as: "one")
      for set in [orders[0..<4], orders[4..<8], orders[8...]] {
        _ = try await bench.pay(set.map { bench.wish($0) })
      }
      // Five are asked for: the set that has the fifth comes whole, the one behind it stays.
      let first = try await bench.cells.commands(of: bench.cell, limit: 5)
      #expect(Set(first.map(\.subject)) == Set(orders[0..<8].map(\.id)) && first.count == 8)
      #expect(Set(first.map(\.id)).count == 2)
      #expect(first.allSatisfy { $0.kind == CellCommand.commitOrder })
      try await bench.cells.markApplied(first, of: bench.cell, as: "one")
      #expect(try await bench.commands(CellCommand.commitOrder) == [orders[8].id])
    }
  }
}
