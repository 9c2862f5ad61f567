import Domain
import HotPath
import Ledger
import Postgres
import Redis
import TestSupport
import Testing

@testable import Reconciler

/// Signs of life that many cells share.
@Suite struct HoldRenewerTests {
  /// A tenant's cell each, all of them open, with nothing going on in them.
  private func idleCells(_ count: Int, _ bench: SaleBench) async throws -> [SaleBench] {
    var benches = [bench]
    for _ in 1..<count { benches.append(try await bench.beside(SharedServers.tag("t"))) }
    for bench in benches {
      try await bench.untilClaimable(try await bench.createCampaign(quantity: 10))
    }
    return benches
  }

  private func statements(_ name: String, _ bench: SaleBench) -> Int {
    String(decoding: bench.metrics.render(), as: UTF8.self).split(separator: "\n")
      .filter { $0.contains("query_seconds_count") && $0.contains("\"\(name)\"") }
      .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
  }

  @Test func `cells at rest are held by one statement for all of them`() async throws {
    try await SaleBench.run { bench in
      let daemon = bench.startDaemon()
      let cells = try await idleCells(6, bench)
      let began = try await bench.heldUntil()
      for cell in cells {
        try await eventually("the hold was prolonged past its end") {
          try await cell.heldUntil() > began + ReconcilerLimits().hold * 2
        }
        #expect(try await cell.record().reconciler == daemon.name)
        #expect(try await cell.record().epoch == 1)
      }
      #expect(statements("cell_renew_together", bench) > 0)
      #expect(bench.log.lines.count { $0.contains("took a cell") } == cells.count)
    }
  }

  @Test func `one that was changed in the ledger meanwhile looks for itself`() async throws {
    try await SaleBench.run { bench in
      bench.startDaemon()
      let cells = try await idleCells(3, bench)
      // As after a restore: another epoch than that which Redis has been opened under.
      _ = try await bench.pool.query(
        "update spillway.cells set epoch = 7 where cell = $1", [.text(cells[1].cell.text)])
      try await eventually("the cell is vouched for anew") {
        try await cells[1].record().epoch == 8
      }
      try await eventually("the cell is open") {
        try await cells[1].lease()?.hasPrefix("8:") == true
      }
      for cell in [cells[0], cells[2]] { #expect(try await cell.record().epoch == 1) }
    }
  }

  @Test func `only what the reconciler holds is prolonged, and what is worked on is passed over`()
    async throws
  {
    try await SaleBench.run { bench in
      let cells = [bench, try await bench.beside(SharedServers.tag("t"))]
      for cell in cells { try await cell.createCampaign(quantity: 10) }
      let names = cells.map(\.cell)
      for name in names {
        _ = try await bench.store.seize(name, as: "ann", hold: .seconds(1))
      }
      func renewed(_ holder: String) async throws -> Set<CellName> {
        let rows = try await bench.store.renew(names, as: holder, hold: .seconds(60))
        return Set(rows.map(\.cell))
      }
      #expect(try await renewed("ben") == [])
      #expect(try await renewed("ann") == Set(names))
      let until = try await bench.heldUntil()
      try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          "select from spillway.cells where cell = $1 for update", [.text(names[0].text)])
        #expect(try await renewed("ann") == [names[1]])
      }
      #expect(try await bench.heldUntil() == until)
    }
  }
}
