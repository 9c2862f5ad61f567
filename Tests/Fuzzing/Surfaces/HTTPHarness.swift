import CLibuv
import Glibc

@testable import EventLoop
@testable import HTTP

/// An HTTP server whose connections are given their bytes directly, so that where reads end is chosen.
///
/// Answers go to a socket, as they would; nobody reads them.
final class HTTPHarness {
  struct Request: Equatable {
    var head: String
    var body: [UInt8]
  }

  /// What a server made of the bytes of one connection.
  struct Conversation: Equatable {
    /// What its handler was given: all that it can read, and the body.
    var requests: [Request] = []
    /// The status of each answer, the server's own refusals included.
    var statuses: [Int] = []
  }

  private let loop: EventLoop
  private var server: HTTPServer!
  private var conversation = Conversation()
  private var held: HTTPExchange?

  /// - Parameter configuration: small bounds, so that inputs of a few hundred bytes reach them.
  init(loop: EventLoop, _ configuration: HTTPServer.Configuration) throws {
    self.loop = loop
    server = try HTTPServer(
      on: .tcp(host: "127.0.0.1", port: 0), loop: loop, configuration: configuration
    ) { [unowned(unsafe) self] in handle($0) }
    server.onFinish = { [unowned(unsafe) self] _, status, _ in conversation.statuses.append(status)
    }
  }

  func close() {
    server.close()
    server = nil
  }

  /// Opens a connection, hands it `pieces` one after the other, and ends it.
  func converse(_ pieces: [ArraySlice<UInt8>]) throws(Breach) -> Conversation {
    conversation = Conversation()
    held = nil
    let (stream, peer) = try open()
    server.accept(stream)
    for piece in pieces where !piece.isEmpty {
      // Where the kernel has handed over nothing, the handler may have time to answer.
      piece.withUnsafeBytes { stream.onRead?($0) }
      answerHeld()
    }
    stream.onEnd?(nil)
    while held != nil { answerHeld() }
    Glibc.close(peer)
    let remaining = server.connections.count
    while let connection = server.connections.last { connection.close() }
    try Breach.unless(remaining == 0, "a connection that the client has ended stays open")
    return conversation
  }

  private func open() throws(Breach) -> (stream: ByteStream, peer: Int32) {
    var descriptors: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0, &descriptors) == 0
    else { throw Breach("no socket pair: \(errno)") }
    let stream = ByteStream.pipe(loop: loop)
    guard uv_pipe_open(stream.handle.pointer(), descriptors[0]) == 0 else {
      throw Breach("the socket cannot be opened")
    }
    return (stream, descriptors[1])
  }

  // MARK: The handler

  private func handle(_ exchange: HTTPExchange) {
    conversation.requests.append(
      Request(head: Self.head(of: exchange), body: Array(exchange.body)))
    // Half of the requests are answered later, while more bytes come.
    if exchange.path.count % 2 == 0 {
      held = exchange
    } else {
      answer(exchange)
    }
  }

  private func answerHeld() {
    guard let exchange = held else { return }
    held = nil
    answer(exchange)
  }

  private func answer(_ exchange: HTTPExchange) {
    exchange.respond(status: 200, contentType: "text/plain") { $0.append("ok") }
  }

  /// All that a handler can read besides the body.
  private static func head(of exchange: HTTPExchange) -> String {
    var text = exchange.path.text + "?" + exchange.query.text
    for known in read {
      guard let value = exchange.header(known) else { continue }
      text += "\n" + value.text
      exchange.forEachValue(of: known) { value in
        text += "|" + value.text
        return true
      }
    }
    return text + "\n" + (exchange.header(named: "x-a") ?? "")
  }

  /// Fields of different places in the table, some of which inputs have.
  private static let read: [KnownHeader] = [
    .host, .authorization, .contentType, .cookie, .expect, .contentLength, .requestID,
  ]
}
