internal import EventLoop

/// A transaction that is open. Loop-confined, and of no use once its closure has returned.
///
/// The first statement begins it: a transaction without statements costs nothing.
public final class PostgresTransaction {
  /// How a transaction begins.
  public enum Mode: Sendable {
    case readCommitted
    case repeatableRead
    case serializable
    /// Sees one state of the database and changes nothing.
    case snapshot

    var begin: Statement {
      switch self {
      case .readCommitted: Statement("postgres.begin", "begin")
      case .repeatableRead:
        Statement("postgres.begin_repeatable", "begin isolation level repeatable read")
      case .serializable:
        Statement("postgres.begin_serializable", "begin isolation level serializable")
      case .snapshot:
        Statement("postgres.begin_snapshot", "begin isolation level repeatable read read only")
      }
    }
  }

  private static let commit = Statement("postgres.commit", "commit")
  private static let rollback = Statement("postgres.rollback", "rollback")

  let connection: PostgresConnection
  private let mode: Mode
  private var hasBegun = false
  private(set) var isOver = false
  /// The first refusal; after it the server rolls back whatever else is said.
  private var failure: PostgresError?
  /// Readings in pages so far.
  private var readings = 0

  init(connection: PostgresConnection, mode: Mode) {
    self.connection = connection
    self.mode = mode
  }

  var defaultTimeout: Duration { connection.configuration.statementTimeout }

  /// Runs one statement in the transaction.
  ///
  /// - Parameter timeout: the longest that it may run, when other than the configuration's.
  public func query(
    _ statement: Statement, _ values: [PostgresValue] = [], timeout: Duration? = nil
  ) async throws(PostgresError) -> PostgresRows {
    // Not even where its beginning failed may anything of it be done.
    if let failure { throw failure }
    var steps = beginning()
    if let timeout { steps.append(PostgresRequest.Work.timeoutStep(timeout)) }
    let main = steps.count
    steps.append(PostgresRequest.Step(statement: statement, values: values))
    if timeout != nil { steps.append(PostgresRequest.Work.timeoutStep(defaultTimeout)) }
    return try await run(
      .steps(steps, main: main), timeout: timeout ?? defaultTimeout, begins: !hasBegun)
  }

  /// Reads the rows of a query in pages: of however many there are, two pages are held here at most.
  ///
  /// - Parameters:
  ///   - size: rows of a page.
  ///   - timeout: the longest that one page may take, when other than the configuration's.
  public func pages(
    of statement: Statement, _ values: [PostgresValue] = [], size: Int, timeout: Duration? = nil
  ) -> PostgresPages {
    readings += 1
    let name = "pages_\(readings)"
    var steps = beginning()
    // For locks that the declaration waits for.
    if let timeout { steps.append(PostgresRequest.Work.timeoutStep(timeout)) }
    let declaration = Statement(
      unprepared: "declare \(name) no scroll cursor for \(statement.sql)")
    steps.append(PostgresRequest.Step(statement: declaration, values: values))
    let pages = PostgresPages(
      of: name, declaration: steps, in: self, size: size, timeout: timeout)
    if pages.isSent { hasBegun = true }
    return pages
  }

  /// What comes before a first statement.
  private func beginning() -> [PostgresRequest.Step] {
    precondition(!isOver, "the transaction has ended")
    return hasBegun ? [] : [PostgresRequest.Step(statement: mode.begin, values: [])]
  }

  /// Notes that the server has refused something.
  func failed(with error: PostgresError) {
    if failure == nil { failure = error }
  }

  /// Runs a text of several commands without parameters, as a migration is.
  ///
  /// - Parameter timeout: the longest that all of it is waited for.
  public func execute(script: String, timeout: Duration) async throws(PostgresError) {
    let milliseconds = String(timeout.wholeMilliseconds)
    _ = try await query(
      Statement(unprepared: "select set_config('statement_timeout', $1, true)"),
      [.text(milliseconds)])
    _ = try await run(.script(script), timeout: timeout)
  }

  private func run(
    _ work: PostgresRequest.Work, timeout: Duration, begins: Bool = false
  ) async throws(PostgresError) -> PostgresRows {
    let request = PostgresRequest(work: work, timeout: timeout)
    do {
      return try await request.result(on: connection.loop) {
        connection.send(request)
        // A connection that a transaction has to itself sends at once; what was refused has begun nothing.
        if begins { hasBegun = request.sentAt != 0 }
      }
    } catch {
      failed(with: error)
      throw error
    }
  }

  // MARK: The end

  /// Commits, or throws why not.
  func end() async throws(PostgresError) {
    isOver = true
    guard hasBegun || failure != nil else { return }
    if Task.isCancelled || failure != nil {
      await abort()
      throw failure ?? .cancelled
    }
    let request = PostgresRequest(
      work: .run(Self.commit, [], timeout: nil), timeout: defaultTimeout, isCommit: true)
    let rows = try await request.shieldedResult(on: connection.loop) {
      connection.send(request)
    }.get()
    if rows.command != "COMMIT" {
      throw .server(
        sqlState: SQLState.inFailedTransaction,
        message: "the transaction was rolled back because a statement in it failed", detail: nil,
        constraint: nil)
    }
  }

  /// Rolls back. A connection on which that fails is closed by whoever takes it back.
  func abort() async {
    isOver = true
    guard hasBegun, connection.state == .ready else { return }
    let request = PostgresRequest(Self.rollback, timeout: defaultTimeout)
    _ = await request.shieldedResult(on: connection.loop) { connection.send(request) }
  }
}
