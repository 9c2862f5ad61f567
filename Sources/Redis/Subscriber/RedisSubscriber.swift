public import EventLoop
public import Telemetry

/// Receives what is published on channels, over a connection of its own. Loop-confined.
///
/// Redis keeps nothing for a subscriber that is away: after each reconnection ``onGap`` tells that
/// messages may be lost.
public final class RedisSubscriber {
  /// Called with a channel and a message, whose bytes are valid only inside.
  public typealias Handler = (_ channel: String, _ message: UnsafeRawBufferPointer) -> Void

  /// Called once all channels are subscribed again after the connection was lost.
  public var onGap: (() -> Void)?

  /// True while all channels are subscribed.
  public var isReceiving: Bool { state == .ready && unconfirmed.isEmpty }

  let loop: EventLoop
  /// The way to the server; `nil` while it is not known which server that is.
  private(set) var link: RedisLink?
  private var isClosed = false
  private let waiters = ReadinessWaiters()
  private var handlers: [String: Handler] = [:]
  /// Channels that the server has not confirmed on this connection.
  private var unconfirmed: Set<String> = []
  /// Whether this connection has had all channels subscribed, and whether one before it had.
  private var hasReceived = false
  private var hasGap = false
  private var pingTimer: EventLoopTimer?
  private var heardSincePing = false
  /// In the loop's milliseconds.
  private var pingedAt: UInt64 = 0
  /// How often the server is asked for a sign of life.
  var pingInterval = RedisLimits.subscriberPing

  /// Makes a subscriber; nothing happens until ``start()``. See ``RedisClient`` for the parameters.
  public init(
    configuration: RedisConfiguration, loop: EventLoop, name: String = "spillway-subscriber",
    logger: Logger = Logger(label: "redis", sink: .none), metrics: MetricsRegistry? = nil
  ) {
    precondition(configuration.deployment == .server, "a RedisRouter finds the servers")
    self.loop = loop
    let link = RedisLink(
      configuration: configuration, loop: loop, name: name, logger: logger, metrics: metrics)
    self.link = link
    link.onStateChange = { [weak self] state in self?.stateChanged(state) }
  }

  /// Makes a subscriber that leads nowhere until ``lead(over:)``.
  init(unlinked loop: EventLoop) { self.loop = loop }

  /// The state of the connection; see ``isReceiving`` for that of the channels.
  public var state: RedisClient.State { isClosed ? .closed : link?.state ?? .connecting }

  /// Why the last connection or attempt failed, for logs and health reports.
  public var lastFailure: String? { link?.lastFailure }

  /// Begins to connect. Call ``close()`` before letting go of the subscriber.
  public func start() { link?.start() }

  /// Ends the connection for good; no handler is called any more.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    let ending = link
    link = nil
    stateChanged(.closed)
    ending?.onStateChange = nil
    ending?.close()
  }

  /// Subscribes at the server behind `next` from now on, which this subscriber has to itself.
  func lead(over next: RedisLink?) {
    guard !isClosed, link !== next else { return }
    let ending = link
    link = nil
    stateChanged(.connecting)
    ending?.onStateChange = nil
    ending?.close()
    link = next
    next?.onStateChange = { [weak self] state in self?.stateChanged(state) }
    if state == .ready { stateChanged(.ready) }
  }

  /// Returns once all channels are subscribed; throws like ``RedisClient/whenReady(deadline:)``.
  public func whenReady(deadline: Duration) async throws(RedisError) {
    if isReceiving { return }
    if state == .closed { throw .disconnected }
    try await waiters.wait(on: loop, deadline: deadline)
  }

  /// Has `handler` called with each message of `channels`, now and after each reconnection. A
  /// channel that has a handler gets this one instead.
  public func subscribe(_ channels: String..., handler: @escaping Handler) {
    subscribe(channels, handler: handler)
  }

  public func subscribe(_ channels: [String], handler: @escaping Handler) {
    loop.assertCurrent()
    let new = Set(channels).filter { handlers[$0] == nil }
    for channel in channels { handlers[channel] = handler }
    if state == .ready { unconfirmed.formUnion(new) }
    request("SUBSCRIBE", Array(new))
  }

  // MARK: Connection

  private func stateChanged(_ state: RedisClient.State) {
    switch state {
    case .ready: connected()
    case .connecting: disconnected()
    case .closed:
      disconnected()
      handlers = [:]
      waiters.resumeAll(.disconnected)
    case .idle: break
    }
  }

  private func connected() {
    link?.connection?.onMessage = { [weak self] reply in self?.received(reply) }
    unconfirmed = Set(handlers.keys)
    request("SUBSCRIBE", Array(handlers.keys))
    heardSincePing = true
    pingedAt = loop.milliseconds
    pingTimer = EventLoopTimer(loop: loop) { [weak self] in self?.ping() }
    pingTimer?.start(after: pingInterval, every: pingInterval)
    tellIfReceiving()
  }

  private func disconnected() {
    hasGap = hasGap || hasReceived
    hasReceived = false
    pingTimer?.cancel()
    pingTimer = nil
  }

  private func request(_ name: String, _ channels: [String]) {
    guard !channels.isEmpty, let connection = link?.connection else { return }
    let command = RedisCommand(name, channels)
    let refused = connection.call(
      replies: 0, timeout: 0, write: { command.write(into: &$0) }, completion: nil)
    // What was not sent would never be confirmed.
    if let refused { connection.fail(refused.description) }
  }

  /// Asks for a sign of life; gives the connection up when the time since the last brought none.
  private func ping() {
    let now = loop.milliseconds
    // After a pause of this process the answer may wait in the socket: it is read before the next look.
    let wasAway = now - pingedAt > pingInterval.milliseconds + RedisLimits.pause
    pingedAt = now
    guard heardSincePing || wasAway else {
      link?.connection?.fail(RedisError.timedOut.description)
      return
    }
    heardSincePing = false
    _ = link?.connection?.call(
      replies: 0, timeout: 0, write: { RedisCommand("PING").write(into: &$0) }, completion: nil)
  }

  // MARK: Messages

  private func received(_ reply: RedisReply) {
    heardSincePing = true
    if let failure = reply.failure {
      // The ACL may deny a channel: the connection is useless, and trying on shows it in the log.
      link?.connection?.fail(failure.description)
      return
    }
    guard reply.count == 3 else { return }
    let channel = reply[1].text
    if reply[0].bytes.elementsEqual("message".utf8) {
      handlers[channel]?(channel, reply[2].bytes)
    } else if reply[0].bytes.elementsEqual("subscribe".utf8) {
      unconfirmed.remove(channel)
      tellIfReceiving()
    }
  }

  private func tellIfReceiving() {
    guard isReceiving else { return }
    hasReceived = true
    waiters.resumeAll(nil)
    if hasGap {
      hasGap = false
      onGap?()
    }
  }
}
