import EventLoop
import HTTP
import TestSupport
import Testing

@Suite struct DrainTests {
  @Test func `a drain closes idle connections and lets requests in flight end`() async throws {
    let (idle, response, rest) = try await withServer { test in
      let idle = try await test.connect()
      _ = try await idle.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      let busy = try await test.connect()
      busy.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { test.held.count == 1 }
      let drain = test.loop.spawn { await test.server.drain(deadline: .seconds(20)) }
      let closed = try await idle.end()
      test.held[0].respond(HTTPResponse(status: 200, contentType: "text/plain", text: "done"))
      let response = try await busy.response()
      let rest = try await busy.end()
      busy.close()
      await drain.value
      return (closed, response, rest)
    }
    #expect(idle == "")
    #expect(response.body == "done")
    #expect(response.headers["connection"] == "close")
    #expect(rest == "")
  }

  @Test func `a drained server is not reachable any more`() async throws {
    let isRefused = try await withServer { test in
      await test.server.drain(deadline: .seconds(5))
      do {
        _ = try await test.connect()
        return false
      } catch let error as EventLoopError {
        return error.isDisconnect
      }
    }
    #expect(isRefused)
  }

  @Test func `a drain cuts what has not ended by its deadline`() async throws {
    let (rest, count) = try await withServer { test in
      let client = try await test.connect()
      client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { test.held.count == 1 }
      await test.server.drain(deadline: .milliseconds(30))
      return (try await client.end(), test.server.connectionCount)
    }
    #expect(rest == "")
    #expect(count == 0)
  }

  @Test func `a request that arrives as the drain begins is answered`() async throws {
    // A drain waits a few milliseconds for what is on its way: one that the machine stood still in is none.
    var response: WireResponse?
    for _ in 0..<5 where response == nil {
      response = try await withServer { test in
        let client = try await test.connect()
        _ = try await client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.send("GET /last HTTP/1.1\r\nHost: a\r\n\r\n")
        let drain = test.loop.spawn { await test.server.drain(deadline: .seconds(20)) }
        let response = try? await client.response()
        client.close()
        await drain.value
        return response
      }
    }
    #expect(response?.body == "/last|")
    #expect(response?.headers["connection"] == "close")
  }
}
