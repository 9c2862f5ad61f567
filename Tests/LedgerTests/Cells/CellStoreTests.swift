import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct CellStoreTests {
  @Test func `a cell has one holder until its time is over`() async throws {
    try await LedgerBench.run { bench in
      let store = bench.store
      let taken = try await store.acquire(as: "one", hold: .seconds(60), limit: 10)
      #expect(taken.map(\.cell) == [bench.cell])
      #expect(try await store.acquire(as: "two", hold: .seconds(1), limit: 10).isEmpty)
      #expect(try await store.renew(bench.cell, as: "two", hold: .seconds(1)) == nil)
      #expect(try await store.renew(bench.cell, as: "one", hold: .milliseconds(150)) != nil)
      try await eventually("the holder's time is over") {
        try await !store.acquire(as: "two", hold: .seconds(10), limit: 10).isEmpty
      }
      #expect(try await store.renew(bench.cell, as: "one", hold: .seconds(1)) == nil)
      #expect(
        try await store.open(bench.cell, as: "one", above: 0, runID: "r", hold: .seconds(1)) == nil)
      #expect(
        try await store.close(
          bench.cell, as: "one", because: "x", halting: true, hold: .seconds(1)) == nil)
      try await store.release(as: "one")
      #expect(try await store.find(bench.cell)?.reconciler == "two")
      try await store.release(as: "two")
      #expect(try await store.acquire(as: "one", hold: .seconds(1), limit: 10).count == 1)
    }
  }

  @Test func `a cell that somebody works on is passed over, not waited for`() async throws {
    try await LedgerBench.run { bench in
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query("select * from spillway.cells for update")
        #expect(
          try await bench.store.acquire(as: "one", hold: .seconds(1), limit: 10).isEmpty)
      }
      #expect(try await bench.store.acquire(as: "one", hold: .seconds(1), limit: 10).count == 1)
    }
  }

  @Test func `each opening has a higher epoch than any before, in Redis or here`() async throws {
    try await LedgerBench.run { bench in
      let store = bench.store
      _ = try await store.acquire(as: "one", hold: .seconds(10), limit: 10)
      let first = try await store.open(
        bench.cell, as: "one", above: 0, runID: "a", hold: .seconds(1))
      #expect(first?.epoch == 1 && first?.runID == "a" && first?.closedBecause == nil)
      let second = try await store.open(
        bench.cell, as: "one", above: 7, runID: "b", hold: .seconds(1))
      #expect(second?.epoch == 8)
      let closed = try await store.close(
        bench.cell, as: "one", because: "why", halting: true, hold: .seconds(1))
      #expect(closed?.closedBecause == "why" && closed?.isHalted == true)
      let noted = try await store.close(
        bench.cell, as: "one", because: "how", halting: false, hold: .seconds(1))
      #expect(noted?.isHalted == true)
      let third = try await store.open(
        bench.cell, as: "one", above: 2, runID: "b", hold: .seconds(1))
      #expect(third?.epoch == 9 && third?.isHalted == false)
    }
  }

  @Test func `only the holder marks commands as applied`() async throws {
    try await LedgerBench.run { bench in
      let store = bench.store
      _ = try await store.acquire(as: "one", hold: .seconds(10), limit: 10)
      let commands = try await store.commands(of: bench.cell, limit: 10)
      #expect(commands.map(\.kind) == [CellCommand.putCampaign])
      #expect(commands.map(\.subject) == [bench.campaign.id])
      try await store.markApplied(commands, of: bench.cell, as: "two")
      #expect(try await store.cellsWithCommands() == [bench.cell])
      try await store.markApplied(commands, of: bench.cell, as: "one")
      #expect(try await store.cellsWithCommands().isEmpty)
    }
  }
}
