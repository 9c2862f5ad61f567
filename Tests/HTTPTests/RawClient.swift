import EventLoop

/// A response as it came over the wire.
struct WireResponse: Sendable, Equatable {
  var status = 0
  var headers: [String: String] = [:]
  var body = ""
}

/// A client that sends exactly the bytes it is told to. Loop-confined.
final class RawClient {
  struct TimedOut: Error {}
  struct Ended: Error {}

  private let stream: ByteStream
  private var received: [UInt8] = []
  private var waiter: CheckedContinuation<Void, Never>?
  private(set) var isEnded = false
  private(set) var wasReset = false

  private static let patience = Duration.seconds(20)

  private init(stream: ByteStream) { self.stream = stream }

  static func connect(to address: SocketAddress, on loop: EventLoop) async throws -> RawClient {
    let client = RawClient(stream: try await ByteStream.connect(to: address, on: loop))
    client.stream.onRead = { [unowned client] bytes in
      client.received.append(contentsOf: bytes)
      client.wake()
    }
    client.stream.onEnd = { [unowned client] error in
      client.isEnded = true
      client.wasReset = error != nil
      client.wake()
    }
    client.stream.startReading()
    return client
  }

  private func wake() {
    waiter?.resume()
    waiter = nil
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) { bytes.withUnsafeBytes { stream.write($0) } }

  /// Ends our half; the server can still answer.
  func endWriting() { stream.endWriting() }

  func close() { stream.close() }

  func reset() { stream.reset() }

  func stopReading() { stream.pauseReading() }

  func goOnReading() { stream.startReading() }

  /// Waits until more arrives or the server ends.
  private func more() async throws {
    if isEnded { throw Ended() }
    var timer: EventLoopTimer?
    var timedOut = false
    await withCheckedContinuation { continuation in
      waiter = continuation
      timer = stream.loop.schedule(after: Self.patience) { [self] in
        timedOut = true
        wake()
      }
    }
    timer?.cancel()
    if timedOut { throw TimedOut() }
  }

  /// Waits until the server has ended the connection; returns what came before unread.
  func end() async throws -> String {
    while !isEnded { try await more() }
    defer { received.removeAll() }
    return String(decoding: received, as: UTF8.self)
  }

  /// Reads one response. Its body is as long as its `Content-Length` says, but empty for `HEAD`.
  func response(toHead: Bool = false) async throws -> WireResponse {
    var headLength: Int?
    while headLength == nil {
      headLength = Self.endOfHead(received)
      if headLength == nil { try await more() }
    }
    var response = Self.parse(String(decoding: received[..<headLength!], as: UTF8.self))
    let bodyLength = toHead ? 0 : Int(response.headers["content-length"] ?? "0")!
    while received.count < headLength! + bodyLength { try await more() }
    response.body = String(
      decoding: received[headLength!..<headLength! + bodyLength], as: UTF8.self)
    received.removeFirst(headLength! + bodyLength)
    return response
  }

  /// Sends a request and reads its response.
  func exchange(_ request: String) async throws -> WireResponse {
    send(request)
    return try await response()
  }

  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    for end in 4...bytes.count where bytes[(end - 4)..<end].elementsEqual([13, 10, 13, 10]) {
      return end
    }
    return nil
  }

  private static func parse(_ head: String) -> WireResponse {
    var response = WireResponse()
    let lines = head.split(separator: "\r\n")
    response.status = Int(lines[0].split(separator: " ")[1])!
    for line in lines.dropFirst() {
      let colon = line.firstIndex(of: ":")!
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      response.headers[line[..<colon].lowercased()] = String(value)
    }
    return response
  }
}
