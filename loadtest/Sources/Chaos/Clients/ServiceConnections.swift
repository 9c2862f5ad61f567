internal import Domain
internal import EventLoop

/// One request to the API, as a client sends it.
struct ChaosRequest: Sendable {
  var method = "POST"
  let path: String
  let tenant: ChaosTenant
  let token: String
  var key: String?
  var body = ""

  func write(into output: ByteBuffer) {
    output.append(
      "\(method) \(path) HTTP/1.1\r\nHost: \(tenant.host)\r\nAuthorization: Bearer \(token)\r\n"
        + "Content-Length: \(body.utf8.count)\r\n")
    if !body.isEmpty { output.append("Content-Type: application/json\r\n") }
    if let key { output.append("X-Idempotency-Key: \(key)\r\n") }
    output.append("\r\n")
    output.append(body)
  }
}

/// Keep-alive connections to the API processes of an installation, made as they are needed.
/// Loop-confined.
final class ServiceConnections {
  private let installation: Installation
  private let loop: EventLoop
  /// Of each process, those without a request.
  private var idle: [[ClientConnection]]

  /// Longer than the server's own deadline of a request.
  private static let timeout = Duration.seconds(7)
  private static let connectTimeout = Duration.seconds(2)

  init(_ installation: Installation) {
    self.installation = installation
    loop = installation.loop
    idle = installation.apis.map { _ in [] }
  }

  func close() {
    for connection in idle.joined() { connection.close() }
    idle = idle.map { _ in [] }
  }

  /// Sends a request to a process and tells `judge` what comes of it, once: a response, which is valid
  /// during the call, or why there is none.
  func ask<Answer: Sendable>(
    process: Int, _ request: ChaosRequest,
    judge: @escaping (Result<Response, ClientFailure>) -> Answer
  ) async -> Answer {
    guard let connection = await connect(to: process) else {
      return judge(.failure(.unreachable("no connection")))
    }
    request.write(into: connection.output)
    let timer = loop.schedule(after: Self.timeout) { connection.timeOut() }
    defer {
      timer.cancel()
      idle[process].append(connection)
    }
    return await withUnsafeContinuation { continuation in
      connection.onResponse = { continuation.resume(returning: judge(.success($0))) }
      connection.onFailure = { continuation.resume(returning: judge(.failure($0))) }
      connection.send()
    }
  }

  private func connect(to process: Int) async -> ClientConnection? {
    guard let port = installation.apis[process].port else { return nil }
    while let connection = idle[process].popLast() {
      if connection.isOpen { return connection }
    }
    let connection = ClientConnection(address: .tcp(host: "127.0.0.1", port: port), loop: loop)
    do {
      try await connection.open(deadline: Self.connectTimeout)
    } catch {
      return nil
    }
    return connection
  }
}
