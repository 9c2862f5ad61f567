import Domain
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct AdmissionWindowsTests {
  private let second: UInt64 = 1_000_000_000

  /// Admissions at moments in seconds, each heard of at a poll of its visitor.
  private func windows(_ moments: [Double], pollsApart: Double) -> AdmissionWindows {
    var windows = AdmissionWindows()
    for (visitor, moment) in moments.enumerated() {
      // Polls of one visitor come at its own moments.
      let phase = Double(visitor * 37 % 100) / 100 * pollsApart
      let before = max(0, ((moment - phase) / pollsApart).rounded(.down) * pollsApart + phase)
      windows.add(
        from: UInt64(min(before, moment) * 1e9), to: UInt64((before + pollsApart) * 1e9))
    }
    return windows
  }

  private func evenly(_ rate: Double, from: Double, to: Double) -> [Double] {
    stride(from: from, to: to, by: 1 / rate).map { $0 }
  }

  @Test func `a rate that is kept to is never missed, however far apart polls are`() {
    for pollsApart in [0.05, 1, 10, 60] {
      let steady = windows(evenly(100, from: 0, to: 100), pollsApart: pollsApart)
      #expect(steady.worst(perSecond: 100) == nil)
      // All of a second at once.
      let atOnce = (1...9).flatMap { Array(repeating: Double($0), count: 100) }
      #expect(windows(atOnce, pollsApart: pollsApart).worst(perSecond: 100) == nil)
    }
  }

  @Test func `a burst is found that the mean of the run hides`() throws {
    let moments = evenly(80, from: 0, to: 215) + evenly(4_000, from: 215, to: 216)
    for pollsApart in [0.25, 1, 5, 10] {
      let worst = try #require(windows(moments, pollsApart: pollsApart).worst(perSecond: 100))
      #expect(worst.admissions > worst.allowed)
      #expect(worst.seconds < 2 * pollsApart + 2)
    }
    // All of them together are no more than the rate gives in that time.
    #expect(Double(moments.count) < 100 * 217)
  }

  @Test func `the window is the one that looking at all of them finds`() {
    var generator = SeededGenerator()
    for _ in 0..<200 {
      let count = Int.random(in: 1...40, using: &generator)
      let rate = Int.random(in: 1...5, using: &generator)
      var windows = AdmissionWindows()
      var spans: [(from: UInt64, to: UInt64)] = []
      for _ in 0..<count {
        let from = UInt64.random(in: 0...8, using: &generator) * second
        let to = from + UInt64.random(in: 0...4, using: &generator) * second
        spans.append((from, to))
        windows.add(from: from, to: to)
      }
      var most = 0
      for begin in spans.map(\.from) {
        for end in spans.map(\.to) where end >= begin {
          let held = spans.count { $0.from >= begin && $0.to <= end }
          most = max(most, held - rate * (Int((end - begin) / second) + 1))
        }
      }
      let worst = windows.worst(perSecond: rate)
      #expect((worst.map { $0.admissions - $0.allowed } ?? 0) == most)
    }
  }

  @Test func `nobody admitted is nothing wrong`() {
    #expect(AdmissionWindows().worst(perSecond: 5) == nil)
  }

  // MARK: The server's own count

  private func counted(_ counts: [Int], rate: Int = 100) -> Int {
    var counter = AdmissionCounter(admissionsPerSecond: rate, start: second)
    for (index, count) in counts.enumerated() {
      let asked = second + UInt64(index + 1) * second / 4
      counter.read(count, asked: asked, told: asked + second / 100)
    }
    #expect(counter.readings == counts.count)
    return counter.breaches.count
  }

  @Test func `readings of a rate that is kept to hold, also when they come together`() {
    #expect(counted((1...800).map { $0 * 25 }) == 0)
    // Nothing for long, then what a second allows at once.
    #expect(counted(Array(repeating: 0, count: 100) + Array(repeating: 100, count: 50)) == 0)
    // A process that begins anew counts from nothing.
    #expect(counted([25, 50, 75, 0, 25, 50]) == 0)
  }

  @Test func `too many within a second are one breach, whatever the mean`() {
    let slow = (1...860).map { $0 * 20 }
    let burst = (1...4).map { 17_200 + $0 * 1_000 }
    #expect(counted(slow + burst) > 0)
    #expect(counted(slow + Array(repeating: 21_200, count: 40)) == 1)
    #expect(counted([4_000]) == 1)
  }

  @Test func `the count of a room is read from the metrics`() {
    let room = Identifier("01890a5d-ac96-774b-bcce-b302099a8057")!
    let text = """
      spillway_room_admissions_total{room="01890a5d-ac96-774b-bcce-b302099a8058"} 5
      spillway_room_admissions_total{room="\(room)"} 17
      spillway_room_waiting{room="\(room)"} 3
      """
    #expect(AdmissionCounter.count(of: room, in: text) == 17)
    #expect(AdmissionCounter.count(of: room, in: "spillway_room_waiting 3") == nil)
  }
}
