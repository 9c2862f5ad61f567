import EventLoop
import HTTP
import TestSupport
import Testing

@Suite struct HTTPServerTests {
  @Test func `a request is answered with a length, a type and a date`() async throws {
    let response = try await withServer { test in
      try await test.ask(
        "POST /a/b?c=d HTTP/1.1\r\nHost: example.org\r\nContent-Length: 5\r\n\r\nhello")
    }
    #expect(response.status == 200)
    #expect(response.body == "/a/b|hello")
    #expect(response.headers["x-method"] == "POST")
    #expect(response.headers["x-host"] == "example.org")
    #expect(response.headers["x-query"] == "c=d")
    #expect(response.headers["content-type"] == "text/plain")
    #expect(response.headers["content-length"] == "10")
    #expect(response.headers["date"]?.hasSuffix(" GMT") == true)
    #expect(response.headers["connection"] == nil)
  }

  @Test func `a connection is kept for further requests`() async throws {
    let bodies = try await withServer { test in
      let client = try await test.connect()
      var bodies: [String] = []
      for path in ["/1", "/2", "/3"] {
        bodies.append(try await client.exchange("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n").body)
      }
      return bodies
    }
    #expect(bodies == ["/1|", "/2|", "/3|"])
  }

  @Test func `a request that comes byte by byte is the same request`() async throws {
    let response = try await withServer { test in
      let client = try await test.connect()
      for byte in "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8 {
        client.send([byte])
        await Task.yield()
      }
      return try await client.response()
    }
    #expect(response.body == "/slow|abc")
  }

  @Test func `pipelined requests are answered in order, also by slow handlers`() async throws {
    let bodies = try await withServer { test in
      let client = try await test.connect()
      let requests = (0..<200).map { number in
        "GET \(number % 3 == 0 ? "/later" : "/large")?\(number) HTTP/1.1\r\nHost: a\r\n\r\n"
      }
      client.send(requests.joined())
      var bodies: [String] = []
      for _ in requests { bodies.append(try await client.response().body) }
      return bodies
    }
    for number in 0..<200 {
      let expected = number % 3 == 0 ? "\(number)" : String(repeating: "x", count: number)
      #expect(bodies[number] == expected)
    }
  }

  @Test func `HEAD has the length but not the body`() async throws {
    let (head, next) = try await withServer { test in
      let client = try await test.connect()
      client.send("HEAD /large?1234 HTTP/1.1\r\nHost: a\r\n\r\n")
      let head = try await client.response(toHead: true)
      return (head, try await client.exchange("GET /next HTTP/1.1\r\nHost: a\r\n\r\n"))
    }
    #expect(head.headers["content-length"] == "1234")
    #expect(next.body == "/next|")
  }

  @Test func `a chunked body is decoded, its extensions and trailers dropped`() async throws {
    let (first, second) = try await withServer { test in
      let client = try await test.connect()
      client.send(
        "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "5;name=\"value\"\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"
          + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
      return (try await client.response(), try await client.response())
    }
    #expect(first.body == "/c|hello world")
    #expect(second.body == "/next|")
  }

  @Test func `a chunked body in pieces of any size is the same body`() async throws {
    let request = Array(
      ("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "a\r\n0123456789\r\n3;x\r\nabc\r\n0\r\n\r\nGET /n HTTP/1.1\r\nHost: a\r\n\r\n").utf8)
    let bodies = try await withServer { test in
      var bodies: [String] = []
      for size in 1...request.count {
        let client = try await test.connect()
        var position = 0
        while position < request.count {
          client.send(Array(request[position..<min(position + size, request.count)]))
          await Task.yield()
          position += size
        }
        bodies.append(try await client.response().body)
        bodies.append(try await client.response().body)
        client.close()
      }
      return bodies
    }
    #expect(Set(bodies) == ["/c|0123456789abc", "/n|"])
  }

  @Test func `a client that expects it is told to continue`() async throws {
    let (told, response) = try await withServer { test in
      let client = try await test.connect()
      client.send("PUT /e HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      let told = try await client.response()
      client.send("abc")
      return (told, try await client.response())
    }
    #expect(told.status == 100)
    #expect(response.body == "/e|abc")
  }

  @Test func `HTTP 1.0 is answered and closed unless it asks to be kept`() async throws {
    let (closed, rest, kept) = try await withServer { test in
      let client = try await test.connect()
      let closed = try await client.exchange("GET /old HTTP/1.0\r\n\r\n")
      let rest = try await client.end()
      let kept = try await test.ask("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      return (closed, rest, kept)
    }
    #expect(closed.body == "/old|")
    #expect(closed.headers["connection"] == "close")
    #expect(rest == "")
    #expect(kept.headers["connection"] == "keep-alive")
  }

  @Test func `Connection close is obeyed`() async throws {
    let rest = try await withServer { test in
      let client = try await test.connect()
      let response = try await client.exchange(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(response.headers["connection"] == "close")
      return try await client.end()
    }
    #expect(rest == "")
  }

  @Test func `an absolute target gives path and host`() async throws {
    let response = try await withServer { test in
      try await test.ask("GET http://Shop.example:81/x?y HTTP/1.1\r\nHost: other\r\n\r\n")
    }
    #expect(response.body == "/x|")
    #expect(response.headers["x-host"] == "Shop.example:81")
  }

  @Test func `a second answer is ignored, and an answered request is empty`() async throws {
    let (first, pathAfter, next) = try await withServer { test in
      let client = try await test.connect()
      client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { test.held.count == 1 }
      let exchange = test.held[0]
      exchange.respond(HTTPResponse(status: 204))
      exchange.respond(HTTPResponse(status: 500))
      exchange.respond(status: 500, contentType: "text/plain") { $0.append("again") }
      let first = try await client.response()
      let next = try await client.exchange("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
      return (first, exchange.path.count, next)
    }
    #expect(first.status == 204)
    #expect(first.headers["content-length"] == nil)
    #expect(pathAfter == 0)
    #expect(next.body == "/next|")
  }

  @Test func `a line end in a header value cannot begin another field`() async throws {
    let response = try await withServer { test in
      let client = try await test.connect()
      client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { test.held.count == 1 }
      test.held[0].respond(
        HTTPResponse(status: 200, headers: [("X-Echo", "a\r\nX-Evil: 1"), ("Date", "never")]))
      return try await client.response()
    }
    #expect(response.headers["x-echo"] == "a  X-Evil: 1")
    #expect(response.headers["x-evil"] == nil)
    #expect(response.headers["date"] != "never")
  }
}
