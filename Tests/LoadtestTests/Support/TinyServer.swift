import EventLoop

/// A server of a few lines for tests of the generator. Loop-confined.
final class TinyServer {
  /// What to do with a request.
  enum Reaction {
    /// Sends these bytes.
    case send(String)
    /// Sends these bytes and closes.
    case sendAndClose(String)
    /// Sends the parts in ticks of their own.
    case pieces([String])
    /// Never answers.
    case ignore
    /// Closes without an answer.
    case close
  }

  private final class Peer {
    let stream: ByteStream
    let input = ByteBuffer()
    init(_ stream: ByteStream) { self.stream = stream }
  }

  private let loop: EventLoop
  private var listener: StreamListener?
  private var peers: [ObjectIdentifier: Peer] = [:]
  private let react: (String) -> Reaction
  private(set) var requests = 0
  private(set) var connections = 0

  /// - Parameter react: gets each whole request, head and body.
  init(loop: EventLoop, react: @escaping (String) -> Reaction) throws {
    self.loop = loop
    self.react = react
    listener = try StreamListener(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) {
      [unowned self] stream in accept(stream)
    }
  }

  var url: String { "http://\(listener!.address)" }

  /// Ends all connections and takes no more.
  func close() {
    listener?.close()
    for peer in peers.values { peer.stream.close() }
    peers = [:]
  }

  private func accept(_ stream: ByteStream) {
    connections += 1
    let peer = Peer(stream)
    let key = ObjectIdentifier(peer)
    peers[key] = peer
    stream.onRead = { [unowned self] bytes in
      guard let peer = peers[key] else { return }
      peer.input.append(bytes)
      serve(peer)
    }
    stream.onEnd = { [unowned self] _ in peers[key] = nil }
    stream.startReading()
  }

  private func serve(_ peer: Peer) {
    while let length = Self.requestLength(peer.input.text) {
      let text = String(peer.input.text.utf8.prefix(length))!
      peer.input.consume(length)
      requests += 1
      switch react(text) {
      case .send(let text): write(text, peer)
      case .sendAndClose(let text):
        write(text, peer)
        end(peer)
      case .pieces(let parts):
        loop.spawn { [self] in
          for part in parts {
            write(part, peer)
            await loop.sleep(for: .milliseconds(1))
          }
        }
      case .ignore: break
      case .close: end(peer)
      }
    }
  }

  private func write(_ text: String, _ peer: Peer) {
    Array(text.utf8).withUnsafeBytes { peer.stream.write($0) }
  }

  private func end(_ peer: Peer) {
    peer.stream.close()
    peers[ObjectIdentifier(peer)] = nil
  }

  /// Bytes of the first request, if it is all there.
  private static func requestLength(_ text: String) -> Int? {
    guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
    let head = text[..<end.lowerBound]
    var body = 0
    for line in head.split(separator: "\r\n") where line.hasPrefix("Content-Length: ") {
      body = Int(line.dropFirst("Content-Length: ".count)) ?? 0
    }
    let length = text[..<end.upperBound].utf8.count + body
    return text.utf8.count >= length ? length : nil
  }

  /// A whole response with a JSON body whose `request_id` is `r`.
  static func response(_ status: Int, _ body: String, headers: String = "") -> String {
    "HTTP/1.1 \(status) Status\r\nContent-Type: application/json\r\nX-Request-Id: r\r\n\(headers)"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}

/// Runs `body` with a server on a loop of its own, which ends after it.
///
/// - Parameters:
///   - make: makes, on the loop, what answers, and says what it does with a request.
///   - conclude: called on the loop at the end, with what `make` made and what `body` returned.
///   - body: gets the server's URL.
func withTinyServer<Subject, Value: Sendable, Result: Sendable>(
  _ make: @escaping @Sendable (EventLoop) -> (Subject, (String) -> TinyServer.Reaction),
  conclude: @escaping @Sendable (Subject, Value) -> Result,
  _ body: (_ url: String) async throws -> Value
) async throws -> Result {
  let loop = EventLoop.start(name: "tiny")
  defer { loop.stop() }
  let parts = try await loop.submit {
    let (subject, react) = make(loop)
    return LoopConfined((subject: subject, server: try TinyServer(loop: loop, react: react)))
  }
  // What belongs to the loop is closed there: the last of it is let go of elsewhere.
  func end() async throws { try await loop.submit { parts.value.server.close() } }
  let value: Value
  do {
    value = try await body(try await loop.submit { parts.value.server.url })
  } catch {
    try? await end()
    throw error
  }
  let result = try await loop.submit { conclude(parts.value.subject, value) }
  try await end()
  return result
}
