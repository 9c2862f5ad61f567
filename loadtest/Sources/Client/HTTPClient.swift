internal import EventLoop

/// Single requests outside of the load itself: set-up, readings, clean-up. Loop-confined.
final class HTTPClient {
  /// A response that owns its bytes.
  struct Answer: Sendable {
    let status: Int
    let head: String
    let body: String
  }

  private let target: Target
  private let loop: EventLoop
  private let timeout: Duration

  init(target: Target, loop: EventLoop, timeout: Duration = .seconds(10)) {
    self.target = target
    self.loop = loop
    self.timeout = timeout
  }

  /// Sends one request on a connection of its own.
  ///
  /// - Throws: `ClientFailure`.
  func request(
    _ method: String, _ path: String, headers: [(String, String)] = [], body: String = ""
  ) async throws(ClientFailure) -> Answer {
    let connection = ClientConnection(address: target.address, loop: loop)
    do {
      try await connection.open(deadline: timeout)
    } catch {
      throw .unreachable(String(describing: error))
    }
    defer { connection.close() }
    write(method, path, headers, body, into: connection.output)
    let timer = loop.schedule(after: timeout) { connection.timeOut() }
    defer { timer.cancel() }
    let result: Result<Answer, ClientFailure> = await withUnsafeContinuation { continuation in
      connection.onResponse = { response in
        let head = String(decoding: response.head, as: UTF8.self)
        continuation.resume(
          returning: .success(
            Answer(status: response.status, head: head, body: response.bodyText)))
      }
      connection.onFailure = { continuation.resume(returning: .failure($0)) }
      connection.send()
    }
    return try result.get()
  }

  private func write(
    _ method: String, _ path: String, _ headers: [(String, String)], _ body: String,
    into output: ByteBuffer
  ) {
    output.append("\(method) \(path) HTTP/1.1\r\nHost: \(target.host)\r\nConnection: close\r\n")
    for (name, value) in headers { output.append("\(name): \(value)\r\n") }
    if !body.isEmpty { output.append("Content-Type: application/json\r\n") }
    if method != "GET" { output.append("Content-Length: \(body.utf8.count)\r\n") }
    output.append("\r\n")
    output.append(body)
  }
}
