import EventLoop
import HTTP
import TestSupport

/// A server with a few routes of use to tests, and clients for it, all on one loop.
final class ServerUnderTest {
  let loop: EventLoop
  let server: HTTPServer
  /// Exchanges that `/held` keeps until the test answers them.
  var held: [HTTPExchange] = []
  var handledCount = 0
  /// What the server told the last of them that it ended by itself.
  var abandonment: HTTPExchange.Abandonment?

  init(loop: EventLoop, configuration: HTTPServer.Configuration) throws {
    self.loop = loop
    let box = Box()
    server = try HTTPServer(
      on: .tcp(host: "127.0.0.1", port: 0), loop: loop, configuration: configuration
    ) { box.test!.handle($0) }
    box.test = self
  }

  private final class Box { weak var test: ServerUnderTest? }

  func connect() async throws -> RawClient {
    try await RawClient.connect(to: server.address, on: loop)
  }

  /// A request on a connection of its own.
  func ask(_ request: String) async throws -> WireResponse {
    let client = try await connect()
    defer { client.close() }
    return try await client.exchange(request)
  }

  private func handle(_ exchange: HTTPExchange) {
    handledCount += 1
    switch exchange.path.text {
    case "/held":
      exchange.onAbandon = { [unowned self] in abandonment = $0 }
      held.append(exchange)
    case "/later":
      handleAsync(exchange, loop) { [loop] exchange in
        await loop.sleep(for: .milliseconds(1))
        return HTTPResponse(status: 200, contentType: "text/plain", text: exchange.query.text)
      }
    case "/large":
      let size = Int(exchange.query.text)!
      exchange.respond(status: 200, contentType: "text/plain") { output in
        for _ in 0..<size { output.append(UInt8(ascii: "x")) }
      }
    case "/release":
      for exchange in held {
        exchange.respond(status: 200, contentType: "text/plain") { $0.append("released") }
      }
      held.removeAll()
      echo(exchange)
    default: echo(exchange)
    }
  }

  /// Answers with what was understood of the request.
  private func echo(_ exchange: HTTPExchange) {
    exchange.respond(status: 200, contentType: "text/plain") { output in
      output.append("X-Method: \(exchange.method)\r\n")
      output.append("X-Host: \(exchange.header(.host)?.text ?? "none")\r\n")
      output.append("X-Query: \(exchange.query.text)\r\n")
    } writeBody: { output in
      output.append(exchange.path)
      output.append("|")
      output.append(exchange.body)
    }
  }
}

/// Runs `body` with a server on a loop of its own.
func withServer<Result: Sendable>(
  _ configure: @Sendable (inout HTTPServer.Configuration) -> Void = { _ in },
  _ body: @escaping @Sendable (ServerUnderTest) async throws -> Result
) async throws -> Result {
  var configuration = HTTPServer.Configuration()
  configure(&configuration)
  return try await withEventLoop { [configuration] loop in
    let test = try ServerUnderTest(loop: loop, configuration: configuration)
    defer { test.server.close() }
    return try await body(test)
  }
}

/// Runs an asynchronous handler for `exchange` on `loop`, its own, and answers with what it returns.
/// The handler's task is cancelled if the request's deadline passes; a client that goes away leaves
/// it running, since what it does may be half done.
func handleAsync(
  _ exchange: HTTPExchange, _ loop: EventLoop,
  _ handler: @escaping (HTTPExchange) async -> HTTPResponse
) {
  let task = loop.spawn { exchange.respond(await handler(exchange)) }
  exchange.onAbandon = { reason in
    if reason == .deadlineExceeded { task.cancel() }
  }
}
