internal import EventLoop

/// Connections that have each had one answer and ask nothing more. Loop-confined.
final class IdleCrowd {
  private var connections: [ClientConnection] = []
  private static let connectLimit = Duration.seconds(10)

  /// Opens connections and asks once on each.
  ///
  /// - Parameter write: appends the request of the connection with a number.
  /// - Throws: when one cannot be opened, or is answered with another status than `status`.
  func open(
    _ count: Int, to target: Target, status: Int, on loop: EventLoop,
    write: (Int, ByteBuffer) -> Void
  ) async throws {
    for number in 0..<count {
      let connection = ClientConnection(
        address: target.address, loop: loop, checksContract: true)
      try await connection.open(deadline: Self.connectLimit)
      connections.append(connection)
      write(number, connection.output)
      let problem: String? = await withUnsafeContinuation { continuation in
        connection.onResponse = { response in
          continuation.resume(
            returning: response.status == status ? nil : "status \(response.status)")
        }
        connection.onFailure = { continuation.resume(returning: $0.description) }
        connection.send()
      }
      if let problem { throw ScenarioError("connection \(number): \(problem)") }
      connection.onResponse = nil
      connection.onFailure = nil
    }
  }

  /// Connections that are still open.
  var count: Int { connections.count { $0.isOpen } }

  func close() {
    for connection in connections { connection.close() }
    connections = []
  }
}
