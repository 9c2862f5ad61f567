import Domain
import HotPath
import Ledger
import TestSupport
import Testing

@testable import Reconciler

@Suite struct TakeoverTests {
  private func untilHeld(by name: String, _ bench: SaleBench) async throws {
    try await eventually("the cell is held by \(name)") {
      try await bench.record().reconciler == name
    }
  }

  @Test func `a dead reconciler's cells are free and looked for within two seconds`() {
    let limits = ReconcilerLimits()
    #expect(limits.hold + limits.acquireInterval < .seconds(2))
    // A holder that is only slow has as long again as it pauses, and more.
    #expect(limits.renewInterval * 3 < limits.hold)
  }

  @Test func `a killed reconciler's cells are taken over`() async throws {
    try await SaleBench.run { bench in
      let first = try await bench.startForeignDaemon()
      let campaign = try await bench.createCampaign(quantity: 1_000)
      try await bench.untilClaimable(campaign)
      let second = bench.startDaemon()
      try await bench.surelyClaim(campaign, (0..<100).map { "user\($0)" })
      first.kill()
      try await bench.surelyClaim(campaign, (100..<200).map { "user\($0)" })
      try await untilHeld(by: second.name, bench)
      try await bench.untilDrained()
      #expect(try await bench.disagreement(campaign) == nil)
    }
  }

  @Test func `a frozen reconciler is replaced, and does no harm when it goes on`() async throws {
    try await SaleBench.run { bench in
      let first = try await bench.startForeignDaemon()
      let campaign = try await bench.createCampaign(quantity: 10_000)
      try await bench.untilClaimable(campaign)
      // Who has it last keeps it, also when the machine stands still for a while.
      let second = bench.startDaemon(hold: .seconds(60))
      for batch in 0..<20 {
        try await bench.surelyClaim(campaign, (0..<50).map { "a\(batch)-\($0)" })
      }
      first.freeze()
      try await untilHeld(by: second.name, bench)
      for batch in 0..<20 {
        try await bench.surelyClaim(campaign, (0..<50).map { "b\(batch)-\($0)" })
      }
      try await bench.untilDrained()
      first.unfreeze()
      for batch in 0..<20 {
        try await bench.surelyClaim(campaign, (0..<50).map { "c\(batch)-\($0)" })
      }
      try await bench.untilDrained()
      #expect(try await bench.record().reconciler == second.name)
      #expect(try await bench.ledgerGrants(campaign).count == 3_000)
      #expect(try await bench.disagreement(campaign) == nil)
      try await first.stop()
    }
  }
}
