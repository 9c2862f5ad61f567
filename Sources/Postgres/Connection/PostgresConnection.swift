internal import CLibpq
internal import EventLoop

/// One session with a Postgres server: libpq in pipeline mode on an event loop. Loop-confined.
///
/// Requests are sent at once, behind those that are still running, and answered in order. A caller
/// that gives up leaves its answer to be read and dropped, so that its neighbours stay in step.
final class PostgresConnection {
  enum State { case connecting, ready, closed }

  let loop: EventLoop
  let configuration: PostgresConfiguration
  let metrics: PostgresMetrics
  var state = State.connecting

  /// Called once when the connection is gone, unless ``close()`` was called.
  var onClose: ((PostgresError) -> Void)?
  /// Called when a request has been answered.
  var onProgress: (() -> Void)?
  /// Called with the channel and the payload of a notification.
  var onNotification: ((String, String) -> Void)?

  /// libpq's connection, `nil` once closed.
  var native: OpaquePointer?
  var watcher: DescriptorWatcher?
  /// What the socket of the open connection is watched for.
  var watched: DescriptorWatcher.Readiness = []
  var connectTimer: EventLoopTimer?
  var onConnected: ((PostgresError?) -> Void)?

  /// Sent and not yet answered.
  var inFlight = Queue<PostgresRequest>()
  /// Not sent yet because of a cancellation under way or a script.
  var held = Queue<PostgresRequest>()
  var statements = PreparedStatements()
  let encoder = ParameterEncoder()
  /// What the server is being asked to stop; until it has, nothing else is sent.
  var cancellation: Cancellation?
  var isRunningScript = false
  /// When it was last given work, in the loop's milliseconds.
  var lastUse: UInt64 = 0

  init(configuration: PostgresConfiguration, loop: EventLoop, metrics: PostgresMetrics) {
    self.configuration = configuration
    self.metrics = metrics
    self.loop = loop
  }

  deinit {
    finish()
  }

  /// Lets go of libpq's connection, once its socket is no longer watched.
  private func finish() {
    guard let native else { return }
    if let watcher { watcher.cancel { PQfinish(native) } } else { PQfinish(native) }
  }

  /// Requests that it has not answered.
  var load: Int { inFlight.count + held.count }

  /// True when nothing runs on it and no transaction is open.
  var isIdle: Bool {
    cancellation == nil && load == 0 && isSettled
  }

  /// True when no transaction is open: it may be shared again.
  var isSettled: Bool { state == .ready && PQtransactionStatus(native) == PQTRANS_IDLE }

  /// Ends the session. What runs is lost.
  func close() {
    onClose = nil
    fail("the connection was closed")
  }

  /// Lets go of libpq's connection and tells everyone who waits.
  func fail(_ message: String) {
    guard state != .closed else { return }
    let wasConnecting = state == .connecting
    state = .closed
    finish()
    watcher = nil
    native = nil
    connectTimer?.cancel()
    connectTimer = nil
    cancellation?.again?.cancel()
    cancellation = nil
    let (sent, unsent) = (inFlight.elements, held.elements)
    inFlight = Queue()
    held = Queue()
    for request in sent { request.connectionLost(message, wasSent: true) }
    for request in unsent { request.connectionLost(message, wasSent: false) }
    let error = PostgresError.connection(message: message, mayHaveRun: false)
    let onConnected = onConnected
    self.onConnected = nil
    if wasConnecting { onConnected?(error) } else { onClose?(error) }
    onClose = nil
    onProgress = nil
    onNotification = nil
  }

  /// libpq's account of the last failure, in one line.
  var nativeMessage: String {
    guard let native else { return "the connection is closed" }
    let text = String(cString: PQerrorMessage(native))
    let line = text.split(whereSeparator: \.isNewline).map { line in
      line.drop { $0.isWhitespace }
    }.joined(separator: "; ")
    return line.isEmpty ? "the connection to Postgres broke" : line
  }
}
