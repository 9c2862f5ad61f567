import HotPath
import TestSupport
import Testing

@testable import Services

@Suite struct LedgerProgressTests {
  private typealias Point = LedgerProgress.Point

  private func position(_ milliseconds: Int) -> StreamPosition {
    StreamPosition(milliseconds: milliseconds, sequence: 0)
  }

  @Test func `who waits is told when the cursor has passed its entry`() async throws {
    try await withEventLoop { loop in
      let progress = LedgerProgress(loop: loop) { nil }
      progress.openEpoch = { 3 }
      var told: [Int] = []
      for instant in [10, 20, 30] {
        #expect(progress.whenReached(position(instant)) { told.append(instant) })
      }
      progress.reached(Point(epoch: 3, position: position(20)))
      #expect(told == [10, 20])
      #expect(progress.whenReached(position(15)) { told.append(15) })
      #expect(told == [10, 20, 15])
      progress.reached(Point(epoch: 3, position: position(12)))
      progress.reached(Point(epoch: 3, position: position(30)))
      #expect(told == [10, 20, 15, 30])
    }
  }

  @Test func `a cursor of a later epoch says nothing of an entry that a wipe may have taken`()
    async throws
  {
    try await withEventLoop { loop in
      let progress = LedgerProgress(loop: loop) { nil }
      progress.openEpoch = { 3 }
      var told: [Int] = []
      progress.reached(Point(epoch: 3, position: position(5)))
      #expect(progress.whenReached(position(10)) { told.append(10) })
      progress.reached(Point(epoch: 4, position: position(20)))
      #expect(told.isEmpty && progress.waiting == 0)
      // Until the loop has the new lease it promises nothing.
      #expect(!progress.whenReached(position(11)) { told.append(11) })
      progress.openEpoch = { 4 }
      #expect(progress.whenReached(position(19)) { told.append(19) })
      #expect(told == [19])
      progress.reached(Point(epoch: 3, position: position(99)))
      #expect(progress.reached == Point(epoch: 4, position: position(20)))
    }
  }

  @Test func `in a closed cell nobody waits`() async throws {
    try await withEventLoop { loop in
      let progress = LedgerProgress(loop: loop) { nil }
      #expect(!progress.whenReached(position(1)) {})
    }
  }

  @Test func `the ledger is asked when no signal comes`() async throws {
    try await withEventLoop { loop in
      var asked = 0
      let progress = LedgerProgress(loop: loop) {
        asked += 1
        return Point(epoch: 1, position: StreamPosition(milliseconds: 50, sequence: 0))
      }
      progress.openEpoch = { 1 }
      var isTold = false
      #expect(progress.whenReached(position(50)) { isTold = true })
      try await eventually("the waiter is told") { isTold }
      #expect(asked == 1)
    }
  }
}
