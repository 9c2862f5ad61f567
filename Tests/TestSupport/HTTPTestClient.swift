public import EventLoop

/// A response as a client reads it.
public struct HTTPTestResponse: Sendable, Equatable {
  public var status = 0
  /// By lower-case name; repeated fields are joined by commas.
  public var headers: [String: String] = [:]
  public var body: [UInt8] = []

  public init() {}

  public var text: String { String(decoding: body, as: UTF8.self) }
}

/// A client of one connection that sends exactly what it is told to. Loop-confined.
public final class HTTPTestClient {
  /// The server ended the connection, or said nothing for too long.
  public struct NoResponse: Error {}

  private let stream: ByteStream
  private var received: [UInt8] = []
  private var waiter: CheckedContinuation<Void, Never>?
  /// True once the server has ended the connection.
  public private(set) var isEnded = false

  /// How long the server may say nothing.
  public var patience = Duration.seconds(20)

  private init(stream: ByteStream) { self.stream = stream }

  public static func connect(
    to address: SocketAddress, on loop: EventLoop
  ) async throws -> HTTPTestClient {
    let client = HTTPTestClient(stream: try await ByteStream.connect(to: address, on: loop))
    client.stream.onRead = { [unowned client] bytes in
      client.received.append(contentsOf: bytes)
      client.wake()
    }
    client.stream.onEnd = { [unowned client] _ in
      client.isEnded = true
      client.wake()
    }
    client.stream.startReading()
    return client
  }

  public func close() { stream.close() }

  /// Takes no more bytes. Closing with bytes left unread resets the connection.
  public func stopReading() { stream.pauseReading() }

  /// Sends bytes as they are.
  public func send(_ text: String) { Array(text.utf8).withUnsafeBytes { stream.write($0) } }

  /// Sends a whole request; a body gets its length.
  public func send(
    _ method: String, _ target: String, headers: [(String, String)], body: String? = nil
  ) {
    var head = "\(method) \(target) HTTP/1.1\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
    send("\(head)\r\n\(body ?? "")")
  }

  /// Waits for the next response.
  public func response(toHead: Bool = false) async throws -> HTTPTestResponse {
    var end: Int?
    while true {
      end = headEnd()
      if end != nil { break }
      try await more()
    }
    let head = String(decoding: received[..<end!], as: UTF8.self)
    received.removeFirst(end! + 4)
    var response = HTTPTestResponse()
    let lines = head.split(separator: "\r\n")
    response.status = Int(lines[0].split(separator: " ")[1]) ?? 0
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      let name = parts[0].lowercased()
      let value = String(parts[1].drop { $0 == " " })
      response.headers[name] = response.headers[name].map { "\($0), \(value)" } ?? value
    }
    let length = toHead ? 0 : response.headers["content-length"].flatMap { Int($0) } ?? 0
    while received.count < length { try await more() }
    response.body = Array(received[..<length])
    received.removeFirst(length)
    return response
  }

  private func headEnd() -> Int? {
    let mark = Array("\r\n\r\n".utf8)
    guard received.count >= mark.count else { return nil }
    return (0...(received.count - mark.count)).first {
      received[$0..<($0 + mark.count)].elementsEqual(mark)
    }
  }

  private func wake() {
    waiter?.resume()
    waiter = nil
  }

  private func more() async throws {
    if isEnded { throw NoResponse() }
    var timer: EventLoopTimer?
    var timedOut = false
    await withCheckedContinuation { continuation in
      waiter = continuation
      timer = stream.loop.schedule(after: patience) { [self] in
        timedOut = true
        wake()
      }
    }
    timer?.cancel()
    if timedOut { throw NoResponse() }
  }
}
