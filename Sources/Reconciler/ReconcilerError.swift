public import Postgres
public import Redis

/// Why work on a cell cannot go on.
public enum ReconcilerError: Error, Equatable, Sendable {
  /// Redis is away or refused.
  case redis(RedisError)
  /// Postgres is away or refused.
  case postgres(PostgresError)
  /// Somebody else holds the cell, or it is gone.
  case lost
  /// Redis was wiped or replaced, or somebody else closed the cell, in the middle of opening it.
  case overtaken
  /// A fact says something else than the ledger. Such a cell stays closed.
  case contradiction(String)
  /// Facts that the ledger needs are no longer in the stream. Such a cell stays closed.
  case gap(String)
}

extension ReconcilerError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .redis(let error): "\(error)"
    case .postgres(let error): "\(error)"
    case .lost: "the cell is held by somebody else"
    case .overtaken: "Redis changed while the cell was being opened"
    case .contradiction(let reason), .gap(let reason): reason
    }
  }

  /// Takes an error of the ledger: refused data (SQLSTATE classes 22 and 23) contradicts it.
  init(ledger error: PostgresError) {
    if let state = error.sqlState, state.hasPrefix("22") || state.hasPrefix("23") {
      self = .contradiction("\(error)")
    } else {
      self = .postgres(error)
    }
  }
}

/// Runs a call to the ledger with its error as one of this layer.
func ledger<Result>(
  _ body: () async throws(PostgresError) -> Result
) async throws(ReconcilerError) -> Result {
  do { return try await body() } catch { throw ReconcilerError(ledger: error) }
}

/// Runs a call to Redis with its error as one of this layer.
func redis<Result>(
  _ body: () async throws(RedisError) -> Result
) async throws(ReconcilerError) -> Result {
  do { return try await body() } catch { throw .redis(error) }
}
