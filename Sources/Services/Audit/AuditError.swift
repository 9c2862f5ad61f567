public import Postgres
public import Redis

/// Why an audit could not look.
public enum AuditError: Error, Equatable, Sendable, CustomStringConvertible {
  case redis(RedisError)
  case postgres(PostgresError)

  public var description: String {
    switch self {
    case .redis(let error): "\(error)"
    case .postgres(let error): "\(error)"
    }
  }
}

func auditing<Result>(
  redis body: () async throws(RedisError) -> Result
) async throws(AuditError) -> Result {
  do { return try await body() } catch { throw .redis(error) }
}

func auditing<Result>(
  ledger body: () async throws(PostgresError) -> Result
) async throws(AuditError) -> Result {
  do { return try await body() } catch { throw .postgres(error) }
}
