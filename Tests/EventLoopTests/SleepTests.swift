import EventLoop
import TestSupport
import Testing

/// Tasks that sleep on a loop, and look again and again.
@Suite struct SleepTests {
  @Test func `a cancelled task that sleeps again and again lets the loop go on`() async throws {
    let (isOver, ticks) = try await withEventLoop { loop in
      var ticks = 0
      let ticker = EventLoopTimer(loop: loop) { ticks += 1 }
      ticker.start(after: .milliseconds(1), every: .milliseconds(1))
      let end = loop.milliseconds + 20
      var rounds = 0
      let task = loop.spawn {
        // The bound is for a loop whose clock stands.
        while loop.milliseconds < end, rounds < 1_000_000 {
          rounds += 1
          await loop.sleep(for: .seconds(3600))
        }
      }
      task.cancel()
      await task.value
      ticker.cancel()
      return (loop.milliseconds >= end, ticks)
    }
    #expect(isOver)
    #expect(ticks > 0)
  }

  @Test func `a poll looks until its condition holds`() async throws {
    let (held, looks) = try await withEventLoop { loop in
      var looks = 0
      let held = await loop.poll(for: .seconds(3600), every: .milliseconds(1)) {
        looks += 1
        return looks == 3
      }
      return (held, looks)
    }
    #expect(held && looks == 3)
  }

  @Test func `a poll whose condition never holds ends with its time`() async throws {
    let (held, isOver) = try await withEventLoop { loop in
      let end = loop.milliseconds + 20
      let held = await loop.poll(for: .milliseconds(20), every: .milliseconds(1)) { false }
      return (held, loop.milliseconds >= end)
    }
    #expect(!held && isOver)
  }

  @Test func `a poll ends with its task`() async throws {
    let (held, looks) = try await withEventLoop { loop in
      var held: Bool?
      var looks = 0
      let task = loop.spawn {
        held = await loop.poll(for: .seconds(3600), every: .seconds(3600)) {
          looks += 1
          return false
        }
      }
      try await eventually("it has looked") { looks == 1 }
      task.cancel()
      await task.value
      return (held, looks)
    }
    #expect(held == false && looks == 1)
  }
}
