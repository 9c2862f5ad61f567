internal import CLibpq

/// An error report of the server, read from a result.
struct ServerFailure {
  let sqlState: String?
  let severity: String?
  let message: String
  let detail: String?
  let constraint: String?
  private let routine: String?

  init(_ result: OpaquePointer) {
    func field(_ code: Character) -> String? {
      PQresultErrorField(result, Int32(code.asciiValue!)).map { String(cString: $0) }
    }
    // The letters of PG_DIAG_… in libpq's postgres_ext.h.
    sqlState = field("C")
    severity = field("V")
    message = field("M") ?? "the connection to Postgres broke"
    detail = field("D")
    constraint = field("n")
    routine = field("R")
  }

  /// The server has ended the session, or libpq itself reports a broken connection.
  var endsSession: Bool { sqlState == nil || severity == "FATAL" || severity == "PANIC" }

  /// The server lacks the prepared statement, or it no longer fits its tables.
  var isStalePreparation: Bool {
    sqlState == SQLState.invalidStatementName || routine == "RevalidateCachedQuery"
  }

  var error: PostgresError {
    .server(
      sqlState: sqlState ?? "", message: message, detail: detail, constraint: constraint)
  }
}
