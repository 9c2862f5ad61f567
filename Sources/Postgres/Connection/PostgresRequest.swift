/// A run of statements that a connection sends as one: the server does all of them or, when one
/// fails, none. Its result is that of the main statement.
final class PostgresRequest {
  struct Step {
    let statement: Statement
    let values: [PostgresValue]
  }

  /// What was sent for a step, in order of the answers.
  enum Command {
    case prepare(Statement)
    case execute(isMain: Bool)
  }

  enum Work {
    case steps([Step], main: Int)
    /// Several commands in one text, without parameters; their rows are dropped.
    case script(String)
  }

  let work: Work
  /// The longest that it may run once it is sent.
  let timeout: Duration
  /// Losing the connection leaves a commit's outcome unknown.
  let isCommit: Bool

  /// It is a transaction of its own and may be sent again when a preparation turns out stale.
  var mayRetry = false

  /// Takes the outcome, once. `nil` when nobody waits any more.
  var completion: ((Result<PostgresRows, PostgresError>) -> Void)?
  /// Where it was sent, from then until it is answered.
  weak var connection: PostgresConnection?
  /// When the sender stops waiting, in the loop's milliseconds: first for a connection, then for
  /// the answer.
  var deadline: UInt64 = 0

  /// When it was sent, in monotonic nanoseconds.
  var sentAt: UInt64 = 0

  // The state of the answer.
  var commands: [Command] = []
  var position = 0
  var rows: PostgresRows?
  var failure: PostgresError?
  var isStale = false

  init(work: Work, timeout: Duration, isCommit: Bool = false) {
    self.work = work
    self.timeout = timeout
    self.isCommit = isCommit
  }

  convenience init(_ statement: Statement, _ values: [PostgresValue] = [], timeout: Duration) {
    self.init(work: .steps([Step(statement: statement, values: values)], main: 0), timeout: timeout)
  }

  /// The main statement's name, for metrics.
  var label: String {
    guard case .steps(let steps, let main) = work else { return "script" }
    let name = steps[main].statement.name
    return name.isEmpty ? "unprepared" : name
  }

  var isAbandoned: Bool { completion == nil }

  func complete(_ result: Result<PostgresRows, PostgresError>) {
    let completion = completion
    self.completion = nil
    completion?(result)
  }

  /// Completes it for a connection that is gone.
  func connectionLost(_ message: String, wasSent: Bool) {
    complete(
      .failure(
        isCommit && wasSent
          ? .outcomeUnknown(message) : .connection(message: message, mayHaveRun: wasSent)))
  }

  /// Makes it ready to be sent again.
  func reset() {
    commands = []
    position = 0
    rows = nil
    failure = nil
    isStale = false
  }
}
