/// The bounds of one worker, in one place.
struct WorkerLimits: Sendable {
  /// Connections of this worker.
  var connections = 64
  /// Whether each answer is held against ``AnswerContract``.
  var checksContract = true
  /// Closed loop: a request counts from when a connection is idle, not from a schedule.
  var isClosed = false
  /// Nothing is begun later than this, in nanoseconds from the start of the run.
  var lastStart = UInt64.max
  /// Time for one answer, counted from sending.
  var requestTimeout: Duration = .seconds(10)
  /// Time for one connection to be opened.
  var connectTimeout: Duration = .seconds(5)
  /// How close together the schedule is looked at, in nanoseconds; finer needs more CPU.
  var alarmGranularity: UInt64 = 200_000
  /// How often late answers are looked for.
  var sweep: Duration = .milliseconds(100)
  /// The wait before the first try to open an ended connection again; doubles up to the longest.
  var shortestReconnectDelay: Duration = .milliseconds(20)
  var longestReconnectDelay: Duration = .seconds(1)
}
