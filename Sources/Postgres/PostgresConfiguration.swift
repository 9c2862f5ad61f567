internal import CLibpq

/// How to reach a Postgres server, and every bound of the clients that do.
public struct PostgresConfiguration: Sendable {
  /// libpq's connection parameters, keyword by keyword; may hold the password.
  var parameters: [String: String]

  /// The longest that one statement may run. The server enforces it.
  public var statementTimeout: Duration = .seconds(5)
  /// The longest that connecting may take, authentication included.
  public var connectTimeout: Duration = .seconds(5)
  /// The longest that a caller waits for a connection of the pool.
  public var waitTimeout: Duration = .seconds(2)
  /// Connections of one pool.
  public var poolSize = 4
  /// Connections that a pool opens at the start and keeps.
  public var minimumConnections = 1
  /// How long a connection above the minimum may be idle before it is closed.
  public var idleTimeout: Duration = .seconds(60)
  /// The longest that a transaction may sit idle before the server ends its session, so that a
  /// frozen process does not hold locks for ever.
  public var idleInTransactionTimeout: Duration = .seconds(30)
  /// Callers that may wait for a connection of one pool; further ones get `overloaded`.
  public var maximumWaiting = 1024
  /// Statements in flight on one shared connection.
  public var pipelineDepth = 16
  /// How much longer than its time-out a statement's answer is waited for: the server's own
  /// time-out is to speak first.
  public var replyMargin: Duration = .milliseconds(500)
  /// How long after that a statement that nobody waits for may keep its connection, before the
  /// connection counts as dead.
  public var abandonedLimit: Duration = .seconds(5)

  /// Takes a libpq URI (`postgresql://user:password@host:port/database?sslmode=require`, or with a
  /// Unix socket's folder, `postgresql:///database?host=/run/postgresql`) or a keyword string.
  ///
  /// - Throws: `PostgresError.configuration`.
  public init(url: String) throws(PostgresError) {
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(url, &message) else {
      defer { PQfreemem(message) }
      throw .configuration(Self.refusal(message.map { String(cString: $0) } ?? "out of memory"))
    }
    defer { PQconninfoFree(options) }
    parameters = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        parameters[String(cString: keyword)] = String(cString: value)
      }
      option += 1
    }
    for port in (parameters["port"] ?? "").split(separator: ",") where UInt16(port) == nil {
      throw .configuration("bad Postgres URL: the port is not a number up to 65535")
    }
  }

  /// libpq quotes the part of the URL that it stumbled over, which may hold the password.
  private static func refusal(_ message: String) -> String {
    let isParameterName = message.hasPrefix("invalid URI query parameter")
    let safe = isParameterName ? message[...] : message.prefix { $0 != "\"" }
    var text = "bad Postgres URL: \(safe)"
    while let last = text.last, last.isWhitespace || last == ":" { text.removeLast() }
    return text
  }

  /// The same settings for another database of the server.
  public func database(_ name: String) -> PostgresConfiguration {
    var copy = self
    copy.parameters["dbname"] = name
    return copy
  }

  /// Where it connects to, without secrets.
  public var address: String {
    let host = parameters["host"] ?? parameters["hostaddr"] ?? "local socket"
    let port = parameters["port"].map { ":\($0)" } ?? ""
    return "\(host)\(port)/\(parameters["dbname"] ?? parameters["user"] ?? "")"
  }

  /// True when connecting needs no name look-up, which would block.
  var namesNoHost: Bool {
    guard parameters["hostaddr"] == nil, let host = parameters["host"] else { return true }
    return host.hasPrefix("/") || host.hasPrefix("@")
  }

  /// What is given to libpq: the URL's parameters over the defaults of this layer.
  var effectiveParameters: [String: String] {
    var all = [
      "application_name": "spillway",
      "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3",
      "tcp_user_timeout": "15000",
    ]
    all.merge(parameters) { $1 }
    all["client_encoding"] = "UTF8"
    let settings =
      "-c statement_timeout=\(statementTimeout.wholeMilliseconds)"
      + " -c idle_in_transaction_session_timeout=\(idleInTransactionTimeout.wholeMilliseconds)"
    all["options"] = [settings, parameters["options"]].compactMap { $0 }.joined(separator: " ")
    return all
  }
}

extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
  public var description: String { address }

  /// Hides the parameters, which may hold the password.
  public var customMirror: Mirror { Mirror(self, children: ["address": address]) }
}

extension Duration {
  /// Whole milliseconds, at least 1: a server takes 0 for "no time-out".
  var wholeMilliseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
  }
}
