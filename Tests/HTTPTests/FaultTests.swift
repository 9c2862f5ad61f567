import EventLoop
import HTTP
import TestSupport
import Testing

/// Slow, vanishing and greedy clients, and handlers that never answer.
@Suite struct FaultTests {
  @Test func `a slow head is answered 408`() async throws {
    let (response, rest) = try await withServer {
      $0.headTimeout = .milliseconds(50)
    } _: { test in
      let client = try await test.connect()
      client.send("GET / HTTP/1.1\r\nHost:")
      return (try await client.response(), try await client.end())
    }
    #expect(response.status == 408)
    #expect(response.headers["connection"] == "close")
    #expect(rest == "")
  }

  @Test func `a head that trickles is answered 408 all the same`() async throws {
    let response = try await withServer {
      $0.headTimeout = .milliseconds(50)
    } _: { test in
      let client = try await test.connect()
      client.send("GET / HTTP/1.1\r\n")
      let trickle = test.loop.spawn {
        while !Task.isCancelled {
          client.send("X-A: b\r\n")
          await test.loop.sleep(for: .milliseconds(5))
        }
      }
      defer { trickle.cancel() }
      return try await client.response()
    }
    #expect(response.status == 408)
  }

  @Test(arguments: ["Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nab"])
  func `a slow body is answered 408`(_ body: String) async throws {
    let response = try await withServer {
      $0.bodyTimeout = .milliseconds(50)
    } _: { test in
      try await test.ask("POST / HTTP/1.1\r\nHost: a\r\n" + body)
    }
    #expect(response.status == 408)
  }

  @Test func `an idle connection is closed without a word`() async throws {
    let (fresh, used) = try await withServer {
      $0.idleTimeout = .milliseconds(50)
    } _: { test in
      let fresh = try await test.connect()
      // One that was idle for too long before its request was read is none of them.
      let used = try await eventually("a request is answered") {
        let client = try await test.connect()
        let answer = try? await client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return answer == nil ? nil : client
      }
      return (try await fresh.end(), try await used.end())
    }
    #expect(fresh == "")
    #expect(used == "")
  }

  @Test func `a request past its deadline is answered 503, and a late answer ignored`() async throws
  {
    let (response, rest, path, abandonment) = try await withServer {
      $0.requestDeadline = .milliseconds(50)
    } _: { test in
      let client = try await test.connect()
      client.send("POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
      try await eventually { test.held.count == 1 }
      let response = try await client.response()
      let rest = try await client.end()
      let path = test.held[0].path.text + test.held[0].body.text
      test.held[0].respond(HTTPResponse(status: 200))
      return (response, rest, path, test.abandonment)
    }
    #expect(response.status == 503)
    #expect(response.headers["retry-after"] == "1")
    #expect(response.headers["connection"] == "close")
    #expect(rest == "")
    #expect(path == "/heldabc", "a handler may still be reading the request")
    #expect(abandonment == .deadlineExceeded)
  }

  @Test func `a client that vanishes leaves the handler with a readable request`() async throws {
    let (path, abandonment, count) = try await withServer { test in
      let client = try await test.connect()
      client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { test.held.count == 1 }
      client.reset()
      try await eventually { test.abandonment != nil }
      let path = test.held[0].path.text
      test.held[0].respond(HTTPResponse(status: 200))
      return (path, test.abandonment, test.server.connectionCount)
    }
    #expect(path == "/held")
    #expect(abandonment == .disconnected)
    #expect(count == 0)
  }

  @Test func `a client that has ended its half still gets all answers`() async throws {
    let text = try await withServer { test in
      let client = try await test.connect()
      client.send(
        "GET /later?1 HTTP/1.1\r\nHost: a\r\n\r\nGET /later?2 HTTP/1.1\r\nHost: a\r\n\r\n")
      client.endWriting()
      let bodies = [try await client.response().body, try await client.response().body]
      return bodies.joined() + (try await client.end())
    }
    #expect(text == "12")
  }

  @Test(arguments: ["", "Connection: close\r\n"])
  func `a half-closed client gets a large answer whole, however slowly it takes it`(
    _ field: String
  ) async throws {
    let size = 20_000_000
    let (count, rest) = try await withServer {
      $0.lingerTimeout = .milliseconds(50)
    } _: { test in
      let client = try await test.connect()
      client.stopReading()
      client.send("GET /large?\(size) HTTP/1.1\r\nHost: a\r\n\(field)\r\n")
      client.endWriting()
      try await eventually { test.handledCount == 1 }
      // Longer than the linger time-out, which must not cut what is queued.
      await test.loop.sleep(for: .milliseconds(150))
      client.goOnReading()
      let count = try await client.response().body.utf8.count
      return (count, try await client.end())
    }
    #expect(count == size)
    #expect(rest == "")
  }

  @Test(arguments: [
    "GET / HTT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na",
  ])
  func `a request cut off by a half-closed socket is answered 400`(_ request: String) async throws {
    let (status, count) = try await withServer { test in
      let client = try await test.connect()
      client.send(request)
      client.endWriting()
      let response = try await client.response()
      _ = try await client.end()
      try await eventually { test.server.connectionCount == 0 }
      return (response.status, test.handledCount)
    }
    #expect(status == 400)
    #expect(count == 0)
  }

  @Test func `a body sent on after 413 does not take the answer away`() async throws {
    let (response, rest, wasReset) = try await withServer {
      $0.maximumBodyBytes = 1000
    } _: { test in
      let client = try await test.connect()
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n")
      for _ in 0..<30 {
        client.send([UInt8](repeating: 0x41, count: 100_000))
        await Task.yield()
      }
      let response = try await client.response()
      return (response, try await client.end(), client.wasReset)
    }
    #expect(response.status == 413)
    #expect(rest == "")
    #expect(!wasReset)
  }

  @Test func `a refused body is not asked for`() async throws {
    let response = try await withServer {
      $0.maximumBodyBytes = 10
    } _: { test in
      try await test.ask(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n")
    }
    #expect(response.status == 413)
  }

  @Test func `a body of just the limit is taken`() async throws {
    let size = 1024 * 1024
    let response = try await withServer { test in
      let client = try await test.connect()
      client.send("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
      client.send([UInt8](repeating: 0x41, count: size))
      return try await client.response()
    }
    #expect(response.body.utf8.count == size + 3)
  }

  @Test func `a client that takes no answers is not served on, and closed in the end`() async throws
  {
    let (handled, count) = try await withServer {
      $0.writeTimeout = .milliseconds(100)
      $0.maximumQueuedBytes = 10_000
    } _: { test in
      let client = try await test.connect()
      client.stopReading()
      for _ in 0..<100 { client.send("GET /large?500000 HTTP/1.1\r\nHost: a\r\n\r\n") }
      try await eventually { test.handledCount > 0 && test.server.connectionCount == 0 }
      return (test.handledCount, test.server.connectionCount)
    }
    #expect(handled < 50)
    #expect(count == 0)
  }

  @Test func `a client that takes its answers late gets them all`() async throws {
    let total = try await withServer {
      $0.maximumQueuedBytes = 10_000
    } _: { test in
      let client = try await test.connect()
      client.stopReading()
      for _ in 0..<40 { client.send("GET /large?500000 HTTP/1.1\r\nHost: a\r\n\r\n") }
      try await eventually { test.handledCount > 0 }
      client.goOnReading()
      var total = 0
      for _ in 0..<40 { total += try await client.response().body.utf8.count }
      return total
    }
    #expect(total == 40 * 500_000)
  }

  @Test func `an exchange can be answered while another connection's requests are handled`()
    async throws
  {
    let (held, bodies) = try await withServer { test in
      let waiting = try await test.connect()
      waiting.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { test.held.count == 1 }
      let busy = try await test.connect()
      busy.send(
        ["/1", "/release", "/2"].map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
      var bodies: [String] = []
      for _ in 0..<3 { bodies.append(try await busy.response().body) }
      return (try await waiting.response(), bodies)
    }
    #expect(held.body == "released")
    #expect(bodies == ["/1|", "/release|", "/2|"])
  }

  @Test func `one connection too many is told 503`() async throws {
    let (response, kept) = try await withServer {
      $0.maximumConnections = 2
    } _: { test in
      let first = try await test.connect()
      let second = try await test.connect()
      let third = try await test.connect()
      let response = try await third.response()
      _ = try await third.end()
      _ = try await first.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      second.close()
      try await eventually { test.server.connectionCount == 1 }
      return (response, try await test.ask("GET /again HTTP/1.1\r\nHost: a\r\n\r\n"))
    }
    #expect(response.status == 503)
    #expect(response.headers["retry-after"] == "1")
    #expect(kept.body == "/again|")
  }

  @Test func `a burst behind a request in flight is bounded, and answered in the end`() async throws
  {
    let count = 5000
    let answered = try await withServer {
      $0.maximumPipelinedBytes = 4096
      $0.requestDeadline = .seconds(60)
    } _: { test in
      let client = try await test.connect()
      client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { test.held.count == 1 }
      client.send(String(repeating: "GET /b HTTP/1.1\r\nHost: a\r\n\r\n", count: count))
      for _ in 0..<20 { await Task.yield() }
      test.held[0].respond(HTTPResponse(status: 204))
      var answered = 0
      while try await client.response().status == (answered == 0 ? 204 : 200) {
        answered += 1
        if answered == count + 1 { break }
      }
      return answered
    }
    #expect(answered == count + 1)
  }
}
