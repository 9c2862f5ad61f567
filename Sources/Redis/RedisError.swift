/// Why a Redis call has no result.
public enum RedisError: Error, Equatable, Sendable {
  /// There is no connection, or it broke while the call was pending: the command may have run.
  case disconnected
  /// No reply within the call's time: the command may have run, or may still run.
  case timedOut
  /// The calling task was cancelled: the command may have run, or may still run.
  case cancelled
  /// Too many calls are pending; nothing was sent.
  case overloaded
  /// The server answered with an error; `code` is its first word (`NOSCRIPT`, `WRONGTYPE`, `ERR`).
  case server(code: String, message: String)
  /// The server sent what is not RESP2, or a reply beyond the limits.
  case protocolViolation(String)
  /// A setting that cannot be used; the text never holds the password.
  case invalidConfiguration(String)

  /// The error that a server's error line stands for.
  init(serverLine line: String) {
    let code = line.prefix { $0 != " " }
    let message = line.dropFirst(code.count).drop { $0 == " " }
    self = .server(code: String(code), message: String(message))
  }

  /// True if the server answered with an error whose first word is `code`.
  public func isServer(_ code: String) -> Bool {
    if case .server(code, _) = self { true } else { false }
  }
}

extension RedisError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .disconnected: "not connected to Redis"
    case .timedOut: "Redis did not answer in time"
    case .cancelled: "the call to Redis was cancelled"
    case .overloaded: "too many calls to Redis are pending"
    case .server(let code, let message): "Redis answered \(code) \(message)"
    case .protocolViolation(let reason): "Redis broke the protocol: \(reason)"
    case .invalidConfiguration(let reason): "bad Redis configuration: \(reason)"
    }
  }
}
