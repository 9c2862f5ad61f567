public import EventLoop
public import Telemetry

/// Hears notifications (`LISTEN`) on a connection of its own. Loop-confined.
///
/// It connects after ``start()``, and again for ever whenever the connection breaks. What was
/// notified in between is lost, which ``onGap`` tells.
public final class PostgresListener {
  public let channels: [String]
  public let loop: EventLoop
  private let configuration: PostgresConfiguration
  private let logger: Logger

  /// Called with the channel and the payload of each notification.
  public var onNotification: ((String, String) -> Void)?
  /// Called each time it begins to hear, the first time included: what happened before may have
  /// gone unheard, and is to be read from the tables.
  public var onGap: (() -> Void)?
  /// True while notifications are heard.
  public private(set) var isListening = false

  private var connection: PostgresConnection?
  private var backoff = Backoff()
  private var timer: EventLoopTimer?
  private var isClosed = false

  /// Makes a listener; it connects once ``start()`` is called.
  public init(
    channels: [String], configuration: PostgresConfiguration, loop: EventLoop,
    logger: Logger = Logger(label: "postgres", sink: .none)
  ) {
    precondition(!channels.isEmpty, "a listener needs a channel")
    self.channels = channels
    self.configuration = configuration
    self.loop = loop
    self.logger = logger.with([("server", .string(configuration.address))])
  }

  /// Begins to connect. Call ``close()`` before letting go of the listener.
  public func start() {
    loop.assertCurrent()
    guard !isClosed, connection == nil else { return }
    let connection = PostgresConnection(
      configuration: configuration, loop: loop, metrics: PostgresMetrics(nil, client: ""))
    self.connection = connection
    connection.connect { [weak self] error in
      if let error { self?.ended(error) } else { self?.subscribe() }
    }
  }

  /// Hears no more.
  public func close() {
    loop.assertCurrent()
    isClosed = true
    isListening = false
    timer?.cancel()
    timer = nil
    connection?.close()
    connection = nil
  }

  private func subscribe() {
    guard let connection, !isClosed else { return }
    connection.onClose = { [weak self] in self?.ended($0) }
    connection.onNotification = { [weak self] in self?.onNotification?($0, $1) }
    let steps = channels.map { channel in
      PostgresRequest.Step(statement: Statement(unprepared: Self.listen(channel)), values: [])
    }
    let request = PostgresRequest(
      work: .steps(steps, main: 0), timeout: configuration.statementTimeout)
    request.completion = { [weak self] result in
      switch result {
      case .success: self?.subscribed()
      case .failure(let error): self?.ended(error)
      }
    }
    timer = loop.schedule(after: configuration.statementTimeout) { [weak self] in
      self?.ended(.timedOut)
    }
    connection.send(request)
  }

  private static func listen(_ channel: String) -> String {
    var quoted = ""
    for character in channel {
      quoted.append(character)
      if character == "\"" { quoted.append(character) }
    }
    return "listen \"\(quoted)\""
  }

  private func subscribed() {
    guard !isClosed else { return }
    timer?.cancel()
    timer = nil
    backoff.reset()
    isListening = true
    onGap?()
  }

  private func ended(_ error: PostgresError) {
    guard !isClosed, let connection else { return }
    if isListening { logger.warning("listening broke", [("error", .string("\(error)"))]) }
    isListening = false
    self.connection = nil
    connection.close()
    timer?.cancel()
    timer = loop.schedule(after: backoff.next()) { [weak self] in self?.start() }
  }
}
