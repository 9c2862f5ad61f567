import EventLoop
import TestSupport

@testable import Redis

/// A server whose answers a test writes itself. Loop-confined.
final class FakeRedisServer {
  static let runID = String(repeating: "f", count: 40)

  let configuration: RedisConfiguration
  /// Commands received after the handshake.
  private(set) var commands: [[String]] = []
  private(set) var connectionCount = 0
  /// Answers a command after the handshake; the text is sent as it is.
  var onCommand: (([String]) -> String)?
  /// Answers the handshake's PING.
  var ping = "+PONG\r\n"
  /// The connection that came last.
  private(set) var stream: ByteStream?
  private var listener: StreamListener?
  private var streams: [ByteStream] = []

  convenience init(loop: EventLoop) throws {
    try self.init(on: .unix(path: TestFolder.make("fake") + "/socket"), loop: loop)
  }

  init(on address: SocketAddress, loop: EventLoop) throws {
    var accept: (ByteStream) -> Void = { _ in }
    let listener = try StreamListener(on: address, loop: loop) { accept($0) }
    configuration = RedisConfiguration(
      address: listener.address, connectTimeout: .milliseconds(500),
      commandTimeout: .milliseconds(500))
    self.listener = listener
    accept = { [unowned self] stream in self.accept(stream) }
  }

  func close() {
    listener?.close()
    disconnect()
  }

  /// Ends all connections.
  func disconnect() {
    for stream in streams { stream.close() }
    streams = []
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) { bytes.withUnsafeBytes { stream?.write($0) } }

  /// Sends the text on all connections.
  func broadcast(_ text: String) {
    for stream in streams { Array(text.utf8).withUnsafeBytes { stream.write($0) } }
  }

  private func accept(_ stream: ByteStream) {
    self.stream = stream
    streams.append(stream)
    connectionCount += 1
    let reader = ReplyReader()
    stream.onRead = { [unowned self, unowned stream] bytes in
      try? reader.feed(bytes)
      while let command = try? reader.next() {
        let words = (0..<command.count).map { command[$0].text }
        Array(answer(words).utf8).withUnsafeBytes { stream.write($0) }
      }
    }
    stream.startReading()
  }

  private func answer(_ words: [String]) -> String {
    switch words.first {
    case "PING": return ping
    case "CLIENT": return "+OK\r\n"
    case "INFO":
      let text = "# Server\r\nredis_version:7.0.0\r\nrun_id:\(Self.runID)\r\n"
      return "$\(text.utf8.count)\r\n\(text)\r\n"
    default:
      commands.append(words)
      return onCommand?(words) ?? ""
    }
  }
}

/// Runs `body` with a fake server and a client that is ready.
func withFakeRedis<Result: Sendable>(
  _ body: @escaping @Sendable (FakeRedisServer, RedisClient) async throws -> Result
) async throws -> Result {
  try await withEventLoop { loop in
    let server = try FakeRedisServer(loop: loop)
    defer { server.close() }
    let client = RedisClient(configuration: server.configuration, loop: loop)
    client.start()
    defer { client.close() }
    try await client.whenReady(deadline: .seconds(60))
    return try await body(server, client)
  }
}
