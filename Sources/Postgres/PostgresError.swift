/// A failure of the Postgres layer.
public enum PostgresError: Error, Sendable, Equatable {
  /// The URL or a setting is unusable. Never holds the password.
  case configuration(String)
  /// There is no connection, or it broke. `mayHaveRun` is false when the statement certainly did
  /// not reach the server.
  case connection(message: String, mayHaveRun: Bool)
  /// The server refused the statement; it has had no effect. `detail` may quote whole rows, and with
  /// them who holds what: it is not part of the description.
  case server(sqlState: String, message: String, detail: String?, constraint: String?)
  /// No answer within the time allowed. The statement is rolled back by the server's own time-out,
  /// but unless that was the sender of the news, it may have run.
  case timedOut
  /// The calling task was cancelled. A statement already sent may have run.
  case cancelled
  /// Too many callers wait for a connection already.
  case overloaded
  /// A parameter cannot be sent.
  case encoding(String)
  /// A column is missing, is null where a value is needed, or has another type.
  case decoding(column: String, reason: String)
  /// The connection broke, or fell silent, while it was committing: the transaction is either
  /// wholly done or not at all, and only reading it back can tell.
  case outcomeUnknown(String)
}

extension PostgresError {
  /// The five-character code of a server's refusal.
  public var sqlState: String? {
    if case .server(let state, _, _, _) = self { state } else { nil }
  }

  /// The constraint that the server named in its refusal.
  public var constraint: String? {
    if case .server(_, _, _, let constraint) = self { constraint } else { nil }
  }

  /// A unique key is taken already.
  public var isUniqueViolation: Bool { sqlState == SQLState.uniqueViolation }

  /// The same transaction may well succeed when run again: serialization failure, deadlock.
  public var isConflict: Bool {
    sqlState == SQLState.serializationFailure || sqlState == SQLState.deadlockDetected
  }
}

extension PostgresError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .configuration(let text): text
    case .connection(let message, _): message
    case .server(let state, let message, _, let constraint):
      "\(message) (SQLSTATE \(state)\(constraint.map { ", constraint \($0)" } ?? ""))"
    case .timedOut: "no answer from Postgres within the time allowed"
    case .cancelled: "the query was cancelled"
    case .overloaded: "too many callers wait for a Postgres connection"
    case .encoding(let text): text
    case .decoding(let column, let reason): "column \(column): \(reason)"
    case .outcomeUnknown(let text): "the outcome of the commit is unknown: \(text)"
    }
  }
}

/// The error codes that this layer or its users decide on (PostgreSQL documentation, appendix A).
public enum SQLState {
  public static let uniqueViolation = "23505"
  public static let foreignKeyViolation = "23503"
  public static let checkViolation = "23514"
  public static let notNullViolation = "23502"
  public static let serializationFailure = "40001"
  public static let deadlockDetected = "40P01"
  public static let lockNotAvailable = "55P03"
  static let statementCompletionUnknown = "40003"
  static let queryCanceled = "57014"
  static let adminShutdown = "57P01"
  static let invalidStatementName = "26000"
  static let inFailedTransaction = "25P02"
}
