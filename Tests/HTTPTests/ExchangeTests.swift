import EventLoop
import TestSupport
import Testing

@testable import HTTP

@Suite struct ExchangeTests {
  @Test func `header fields are found by name in any case, repeated ones joined`() async throws {
    let values = try await withServer { test in
      let client = try await test.connect()
      client.send(
        "GET /held HTTP/1.1\r\nhOsT: a\r\nX-IDEMPOTENCY-KEY:k1 \r\nx-custom: 1\r\nCookie: c\r\n"
          + "X-Custom:\t2\t\r\nX-Market-Api-Key: m\r\nTraceparent:\r\n\r\n")
      try await eventually { test.held.count == 1 }
      let exchange = test.held[0]
      return [
        exchange.header(.host)?.text, exchange.header(.idempotencyKey)?.text,
        exchange.header(named: "X-CUSTOM"), exchange.header(.cookie)?.text,
        exchange.header(.apiKey)?.text, exchange.header(.traceparent)?.text,
        exchange.header(.authorization)?.text, exchange.header(named: "x-none"),
        exchange.peerAddress,
      ]
    }
    #expect(values == ["a", "k1", "1, 2", "c", "m", "", nil, nil, "127.0.0.1"])
  }

  @Test func `every known header is found, and nothing like it`() {
    let table = HeaderNameTable()
    func find(_ name: String) -> Int? {
      Array(name.utf8).withUnsafeBytes { table.find($0.baseAddress!, $0.count)?.header }
    }
    for header in KnownHeader.allCases {
      #expect(find(header.name) == Int(header.rawValue))
      #expect(find(header.name.uppercased()) == Int(header.rawValue))
      for position in 0..<header.name.utf8.count {
        var name = Array(header.name.utf8)
        name[position] = UInt8(ascii: "~")
        #expect(find(String(decoding: name, as: UTF8.self)) == nil)
      }
      #expect(find(header.name + "x") == nil)
    }
  }

  @Test func `route captures are read from the exchange`() async throws {
    let texts = try await withEventLoop { loop in
      var router = Router<Int>()
      router.add(.get, "/rooms/{room}/tickets/{ticket}", 1)
      let routes = Routes(router: router)
      let server = try HTTPServer(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) { exchange in
        guard case .found(1, _) = routes.router.match(exchange) else {
          exchange.respond(HTTPResponse(status: 404))
          return
        }
        let parts = [
          exchange.parameter(0).text, exchange.parameter(named: "ticket") ?? "",
          exchange.parameter(named: "none") ?? "nil",
        ]
        exchange.respond(
          HTTPResponse(
            status: 200, contentType: "text/plain", text: parts.joined(separator: " ")))
      }
      defer { server.close() }
      let client = try await RawClient.connect(to: server.address, on: loop)
      let found = try await client.exchange(
        "GET /rooms/r%2F1/tickets/t%2F1%zz?x HTTP/1.1\r\nHost: a\r\n\r\n")
      let absolute = try await client.exchange(
        "GET http://h/rooms/1/tickets/2 HTTP/1.1\r\nHost: a\r\n\r\n")
      return [found.body, absolute.body]
    }
    #expect(texts == ["r%2F1 t/1%zz nil", "1 2 nil"])
  }

  private final class Routes {
    let router: Router<Int>
    init(router: consuming Router<Int>) { self.router = router }
  }

  @Test func `each answer is reported with its exchange, status and time`() async throws {
    let reports = try await withServer { test in
      let reports = Reports()
      test.server.onFinish = { exchange, status, nanoseconds in
        reports.all.append(
          "\(exchange?.path.text ?? "none") \(status) \(nanoseconds < 5_000_000_000)")
      }
      _ = try await test.ask("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = try await test.ask("GET /later?b HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = try await test.ask("nonsense\r\n\r\n")
      return reports.all
    }
    #expect(reports == ["/a 200 true", "/later 200 true", "none 400 true"])
  }

  private final class Reports {
    var all: [String] = []
  }

  @Test func `a handler past the deadline is cancelled`() async throws {
    let (status, wasCancelled) = try await withEventLoop { loop in
      var configuration = HTTPServer.Configuration()
      configuration.requestDeadline = .milliseconds(40)
      let outcome = Outcome()
      let server = try HTTPServer(
        on: .tcp(host: "127.0.0.1", port: 0), loop: loop, configuration: configuration
      ) { exchange in
        handleAsync(exchange, loop) { _ in
          await loop.sleep(for: .seconds(3600))
          outcome.wasCancelled = Task.isCancelled
          return HTTPResponse(status: 200)
        }
      }
      defer { server.close() }
      let client = try await RawClient.connect(to: server.address, on: loop)
      let response = try await client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { outcome.wasCancelled != nil }
      return (response.status, outcome.wasCancelled)
    }
    #expect(status == 503)
    #expect(wasCancelled == true)
  }

  private final class Outcome {
    var wasCancelled: Bool?
  }

  @Test func `dates are written as HTTP writes them`() {
    #expect(DateField.text(secondsSinceEpoch: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(DateField.text(secondsSinceEpoch: 1_709_210_096) == "Thu, 29 Feb 2024 12:34:56 GMT")
  }

  @Test func `a server on a Unix socket serves alike`() async throws {
    let body = try await withEventLoop { loop in
      let path = "/tmp/spillway-http-\(UInt32.random(in: 0...UInt32.max)).sock"
      let server = try HTTPServer(on: .unix(path: path), loop: loop) { exchange in
        exchange.respond(status: 200, contentType: "text/plain") {
          $0.append(exchange.peerAddress ?? "no address")
        }
      }
      defer { server.close() }
      let client = try await RawClient.connect(to: server.address, on: loop)
      return try await client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body
    }
    #expect(body == "no address")
  }
}
