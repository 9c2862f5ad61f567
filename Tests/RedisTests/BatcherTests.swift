import EventLoop
import Redis
import TestSupport
import Testing

@Suite struct BatcherTests {
  @Test func `what arrives in one tick or during a call travels together, in order and bounded`()
    async throws
  {
    try await withEventLoop { loop in
      var batches: [[Int]] = []
      var finish: [() -> Void] = []
      let batcher = Batcher<Int>(loop: loop, limits: .init(maximumBatch: 4, maximumWaiting: 100)) {
        batches.append($0)
        finish.append($1)
      }
      for number in 0..<3 { #expect(batcher.submit(number)) }
      #expect(batches.isEmpty)
      #expect(await poll(on: loop) { batches.count == 1 })
      for number in 3..<13 { #expect(batcher.submit(number)) }
      #expect(batcher.waitingCount == 10)
      while batcher.waitingCount > 0 {
        let sent = batches.count
        finish.removeFirst()()
        #expect(await poll(on: loop) { batches.count == sent + 1 })
      }
      #expect(batches == [[0, 1, 2], [3, 4, 5, 6], [7, 8, 9, 10], [11, 12]])
      #expect(batcher.isBusy)
      finish.removeFirst()()
      #expect(!batcher.isBusy)
    }
  }

  @Test func `a second call goes beside the first once as many wait as that one carries`()
    async throws
  {
    try await withEventLoop { loop in
      var batches: [[Int]] = []
      var finish: [() -> Void] = []
      let batcher = Batcher<Int>(
        loop: loop, limits: .init(maximumBatch: 8, maximumWaiting: 100, maximumInFlight: 2)
      ) {
        batches.append($0)
        finish.append($1)
      }
      /// Lets the tick end, and with it what is scheduled for its end.
      func tick() async {
        await withCheckedContinuation { continuation in
          loop.atEndOfTick { continuation.resume() }
        }
      }
      for number in 0..<3 { #expect(batcher.submit(number)) }
      await tick()
      for number in 3..<5 { #expect(batcher.submit(number)) }
      await tick()
      #expect(batches == [[0, 1, 2]])
      #expect(batcher.submit(5))
      await tick()
      #expect(batches == [[0, 1, 2], [3, 4, 5]])
      // Two are in flight: however many wait, a third has to.
      for number in 6..<12 { #expect(batcher.submit(number)) }
      await tick()
      #expect(batches.count == 2)
      finish[1]()
      await tick()
      #expect(batches == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9, 10, 11]])
      finish[0]()
      finish[2]()
      #expect(!batcher.isBusy)
    }
  }

  @Test func `operations past the bound are shed and room comes back`() async throws {
    try await withEventLoop { loop in
      var finish: (() -> Void)?
      var sent = 0
      let batcher = Batcher<Int>(loop: loop, limits: .init(maximumBatch: 2, maximumWaiting: 5)) {
        sent += $0.count
        finish = $1
      }
      #expect((0..<8).map { batcher.submit($0) }.filter { $0 }.count == 5)
      #expect(await poll(on: loop) { sent == 2 })
      #expect((0..<8).map { batcher.submit($0) }.filter { $0 }.count == 2)
      while batcher.isBusy {
        let done = finish
        finish = nil
        done?()
        await loop.sleep(for: .milliseconds(1))
      }
      #expect(sent == 7)
    }
  }

  @Test func `a batch that is done at once makes way for the next`() async throws {
    try await withEventLoop { loop in
      var sent: [Int] = []
      let batcher = Batcher<Int>(loop: loop, limits: .init(maximumBatch: 3, maximumWaiting: 100)) {
        sent += $0
        $1()
      }
      for number in 0..<100 { #expect(batcher.submit(number)) }
      #expect(await poll(on: loop) { sent.count == 100 })
      #expect(sent == Array(0..<100))
      #expect(!batcher.isBusy)
    }
  }

  @Test func `a crowd over a real server shares few calls`() async throws {
    try await withRedis { server in
      try await withRedisClient(.patient(url: server.url)) { client in
        let script = Script(
          name: "increment",
          source: "local r = {} for i = 1, #ARGV do r[i] = redis.call('INCR', KEYS[1]) end return r"
        )
        var calls = 0
        var answers: [Int] = []
        let batcher = Batcher<Int>(
          loop: client.loop, limits: .init(maximumBatch: 32, maximumWaiting: 10_000)
        ) { batch, done in
          calls += 1
          client.evaluate(script, keyCount: 1, argumentCount: batch.count) { writer in
            writer.argument("counter")
            for operation in batch { writer.argument(operation) }
          } completion: { reply in
            for index in 0..<reply.count { answers.append(reply[index].integer) }
            done()
          }
        }
        for number in 0..<1000 { #expect(batcher.submit(number)) }
        #expect(await poll(on: client.loop) { answers.count == 1000 })
        #expect(answers == Array(1...1000))
        #expect(calls == 32)
      }
    }
  }
}
