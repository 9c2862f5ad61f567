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

  private let connection: PostgresConnection
  private let mode: Mode
  private var hasBegun = false
  private var isOver = false
  /// The first refusal; after it the server rolls back whatever else is said.
  private var failure: PostgresError?

  init(connection: PostgresConnection, mode: Mode) {
    self.connection = connection
    self.mode = mode
  }

  private var defaultTimeout: Duration { connection.configuration.statementTimeout }

  /// Runs one statement in the transaction.
  ///
  /// - Parameter timeout: the longest that it may run, when other than the configuration's.
  public func query(
    _ statement: Statement, _ values: [PostgresValue] = [], timeout: Duration? = nil
  ) async throws(PostgresError) -> PostgresRows {
    precondition(!isOver, "the transaction has ended")
    // Not even where its beginning failed may anything of it be done.
    if let failure { throw failure }
    var steps: [PostgresRequest.Step] = []
    if !hasBegun { steps.append(PostgresRequest.Step(statement: mode.begin, values: [])) }
    if let timeout { steps.append(PostgresRequest.Work.timeoutStep(timeout)) }
    let main = steps.count
    steps.append(PostgresRequest.Step(statement: statement, values: values))
    if timeout != nil { steps.append(PostgresRequest.Work.timeoutStep(defaultTimeout)) }
    return try await run(
      .steps(steps, main: main), timeout: timeout ?? defaultTimeout, begins: !hasBegun)
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
      if failure == nil { failure = error }
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
