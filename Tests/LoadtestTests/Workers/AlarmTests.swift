import EventLoop
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct AlarmTests {
  @Test func `an alarm comes once, not before its moment, and an earlier one replaces it`()
    async throws
  {
    let late = try await withEventLoop { loop in
      var alarms: [UInt64] = []
      var waiting: UnsafeContinuation<Void, Never>?
      let alarm = try Alarm(loop: loop, granularity: 100_000) {
        alarms.append(EventLoop.nanoseconds())
        waiting?.resume()
        waiting = nil
      }
      let now = EventLoop.nanoseconds()
      alarm.set(to: now + 60_000_000_000, now: now)
      alarm.set(to: now + 2_000_000, now: now)
      alarm.set(to: now + 30_000_000_000, now: now)
      await withUnsafeContinuation { waiting = $0 }
      #expect(alarms.count == 1 && alarms[0] >= now + 2_000_000)
      let second = EventLoop.nanoseconds()
      alarm.set(to: second, now: second)
      await withUnsafeContinuation { waiting = $0 }
      #expect(alarms.count == 2 && alarms[1] >= second + 100_000)
      return alarms[1] - second
    }
    #expect(late < 5_000_000_000)
  }
}
