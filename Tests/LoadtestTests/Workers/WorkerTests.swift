import EventLoop
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct WorkerTests {
  /// Sends its number and expects it back.
  private final class Echo: RequestDriver {
    var seen: Set<Int> = []
    var wrong = 0
    var failures: [String] = []

    func write(request number: Int, into output: ByteBuffer) {
      output.append("GET /\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
    }

    func receive(_ response: Response, to number: Int) -> Int {
      if response.bodyText != String(number) || !seen.insert(number).inserted { wrong += 1 }
      return 0
    }

    func fail(request number: Int, _ failure: ClientFailure) -> Int {
      failures.append(failure.description)
      return 1
    }
  }

  private static func path(_ request: String) -> String {
    String(request.split(separator: " ")[1].dropFirst())
  }

  private static func echo(_ request: String) -> String { TinyServer.response(200, path(request)) }

  private struct Outcome: Sendable {
    var tally: Tally
    var seen: Int
    var wrong: Int
    var failures: [String]
    var connections: Int
  }

  private func drive(
    count: Int, rate: Double = 1000, shape: ArrivalSchedule.Shape = .steady,
    limits: WorkerLimits, react: @escaping @Sendable (String, Int) -> TinyServer.Reaction
  ) async throws -> Outcome {
    try await withEventLoop { loop in
      var number = 0
      let server = try TinyServer(loop: loop) { request in
        number += 1
        return react(request, number)
      }
      let share = ScheduleShare(
        schedule: ArrivalSchedule(shape: shape, count: count, rate: rate), worker: 0, workers: 1)
      let driver = Echo()
      let worker = Worker(
        loop: loop, target: Target(url: server.url)!, share: share, driver: driver,
        outcomeCount: 2, limits: limits)
      try await worker.connect()
      await worker.run(from: EventLoop.nanoseconds())
      return Outcome(
        tally: worker.tally, seen: driver.seen.count, wrong: driver.wrong,
        failures: driver.failures, connections: server.connections)
    }
  }

  private func limits(_ connections: Int) -> WorkerLimits {
    var limits = WorkerLimits()
    limits.connections = connections
    limits.checksContract = false
    limits.requestTimeout = .seconds(5)
    limits.sweep = .milliseconds(10)
    limits.shortestReconnectDelay = .milliseconds(1)
    return limits
  }

  @Test func `every request of a burst is answered once over few connections`() async throws {
    let outcome = try await drive(count: 2000, shape: .burst, limits: limits(7)) { request, _ in
      .send(Self.echo(request))
    }
    #expect(outcome.seen == 2000 && outcome.wrong == 0)
    #expect(outcome.tally.finished == 2000 && outcome.tally.started == 2000)
    #expect(outcome.connections == 7)
    #expect(outcome.tally.reconnects == 0)
  }

  @Test func `no request starts before it is due`() async throws {
    let start = EventLoop.nanoseconds()
    let outcome = try await drive(count: 50, rate: 500, limits: limits(4)) { request, _ in
      .send(Self.echo(request))
    }
    #expect(outcome.seen == 50 && outcome.wrong == 0)
    // The last of fifty requests is due 98 ms into the run.
    #expect(EventLoop.nanoseconds() - start >= 98_000_000)
  }

  @Test func `a wait for a connection counts as latency`() async throws {
    // One connection and pieces that take milliseconds: the later half waits for the first.
    let outcome = try await drive(count: 20, shape: .burst, limits: limits(1)) { request, _ in
      let text = Self.echo(request)
      return .pieces([String(text.prefix(20)), String(text.dropFirst(20))])
    }
    #expect(outcome.seen == 20 && outcome.wrong == 0)
    #expect(outcome.tally.all.maximum > 5 * outcome.tally.service.percentile(50))
  }

  @Test func `in a closed loop a request counts from when it is sent, and time ends it`()
    async throws
  {
    var closed = limits(2)
    closed.isClosed = true
    let outcome = try await drive(count: 40, shape: .burst, limits: closed) { request, _ in
      let text = Self.echo(request)
      return .pieces([String(text.prefix(20)), String(text.dropFirst(20))])
    }
    #expect(outcome.seen == 40 && outcome.connections == 2)
    #expect(outcome.tally.all == outcome.tally.service)
    closed.lastStart = 0
    let ended = try await drive(count: 1_000_000, shape: .burst, limits: closed) { request, _ in
      .send(Self.echo(request))
    }
    #expect(ended.seen < 1_000_000 && ended.tally.finished == ended.tally.started)
  }

  @Test func `an answer that breaks the contract is malformed`() async throws {
    var strict = limits(2)
    strict.checksContract = true
    let outcome = try await drive(count: 4, shape: .burst, limits: strict) { request, number in
      .send(TinyServer.response(200, number == 2 ? #"{"request_id":"r"}"# : #"{"request_id":"x"}"#))
    }
    #expect(outcome.failures.count == 3)
    #expect(outcome.failures.allSatisfy { $0.hasPrefix("malformed answer: another request_id") })
  }

  @Test func `a server that closes after each answer is connected to again`() async throws {
    let outcome = try await drive(count: 100, shape: .burst, limits: limits(5)) { request, number in
      number % 2 == 0
        ? .send(Self.echo(request))
        : .sendAndClose(
          TinyServer.response(200, Self.path(request), headers: "Connection: close\r\n"))
    }
    #expect(outcome.seen == 100 && outcome.wrong == 0)
    #expect(outcome.tally.reconnects > 0)
  }

  @Test func `a connection lost between requests costs nothing`() async throws {
    let outcome = try await drive(count: 20, rate: 200, limits: limits(2)) { request, _ in
      .sendAndClose(Self.echo(request))
    }
    #expect(outcome.wrong == 0)
    #expect(outcome.seen + outcome.failures.count == 20)
    #expect(outcome.seen > 0)
  }

  @Test func `failures are told apart`() async throws {
    var limits = limits(3)
    limits.requestTimeout = .seconds(2)
    let outcome = try await drive(count: 30, shape: .burst, limits: limits) { request, number in
      switch number {
      case 5: .close
      case 10: .ignore
      case 15: .send("nonsense, this is no answer\r\n\r\n")
      default: .send(Self.echo(request))
      }
    }
    #expect(outcome.seen == 27 && outcome.wrong == 0)
    #expect(
      Set(outcome.failures) == [
        ClientFailure.disconnected.description, ClientFailure.timedOut.description,
        ClientFailure.malformed("no HTTP/1.1 status line").description,
      ])
    #expect(outcome.tally.outcomes[1].count == 3)
    #expect(outcome.tally.failures.values.reduce(0, +) == 3)
  }

  @Test func `bytes that nobody asked for break the connection`() async throws {
    let outcome = try await drive(count: 10, shape: .burst, limits: limits(1)) { request, number in
      .send(Self.echo(request) + (number == 3 ? "more" : ""))
    }
    #expect(outcome.seen == 9)
    #expect(outcome.failures.count == 1)
  }

  @Test func `idle connections are handed out in the order of their return`() {
    var ring = IdleRing(capacity: 3)
    for index in [2, 0, 1] { ring.push(index) }
    var popped = [ring.pop()]
    ring.push(2)
    for _ in 0..<4 { popped.append(ring.pop()) }
    #expect(popped == [2, 0, 1, 2, nil])
  }
}
