internal import EventLoop

/// One connection to a server: commands out, replies back in order. Loop-confined.
///
/// It does not reconnect; ``RedisClient`` and ``RedisSubscriber`` do, with a new connection.
final class RedisConnection {
  let loop: EventLoop
  private let stream: ByteStream
  private let reader = ReplyReader()
  private let output = ByteBuffer(capacity: 16 * 1024)
  private var pending: PendingCalls
  private let maximumPending: Int
  private let metrics: RedisMetrics
  private var flushIsScheduled = false
  private var sweepTimer: EventLoopTimer?
  private var sweepIsRunning = false
  private var sweptAt: UInt64 = 0
  private var hasSkippedSweep = false
  private(set) var isClosed = false
  /// Set by each reply that is no error.
  var hasServed = false

  /// Called once with the reason when the connection ends by other means than ``close()``.
  var onFailure: ((_ reason: String) -> Void)?
  /// Called with each reply that no call has asked for: the messages of a subscriber. Without it
  /// such a reply ends the connection.
  var onMessage: ((RedisReply) -> Void)?
  /// Called with each error that the server answers, before the call that it answers is told.
  var onErrorReply: ((RedisReply) -> Void)?

  init(stream: ByteStream, configuration: RedisConfiguration, metrics: RedisMetrics) {
    self.stream = stream
    self.metrics = metrics
    loop = stream.loop
    maximumPending = configuration.maximumPending
    pending = PendingCalls(silenceLimit: configuration.commandTimeout.milliseconds)
    stream.onRead = { [weak self] bytes in self?.receive(bytes) }
    stream.onEnd = { [weak self] error in
      self?.fail(error?.description ?? "the server closed the connection")
    }
    sweepTimer = EventLoopTimer(loop: loop) { [weak self] in self?.sweep() }
    stream.startReading()
  }

  var pendingCount: Int { pending.count }

  // MARK: Sending

  /// Lets `write` add commands to the output, which leaves at the end of the tick.
  ///
  /// - Parameters:
  ///   - replies: how many replies the commands bring; with none, `completion` is never called.
  ///   - timeout: milliseconds.
  /// - Returns: why the call was not taken; then nothing is sent and `completion` is not called.
  func call(
    replies: Int, timeout: UInt64, write: (inout RedisCommandWriter) -> Void,
    completion: ((RedisReply) -> Void)?
  ) -> RedisError? {
    guard !isClosed else { return .disconnected }
    guard pending.count < maximumPending,
      stream.queuedBytes + output.count <= RedisLimits.unsentBytes
    else { return .overloaded }
    var writer = RedisCommandWriter(output)
    write(&writer)
    writer.checkComplete()
    scheduleFlush()
    guard replies > 0 else { return nil }
    pending.append(
      PendingCall(
        completion: completion, missingReplies: replies, startedAt: EventLoop.nanoseconds(),
        sentAt: loop.milliseconds, timeout: timeout))
    startSweeping()
    return nil
  }

  private func scheduleFlush() {
    guard !flushIsScheduled else { return }
    flushIsScheduled = true
    loop.atEndOfTick { [self] in
      flushIsScheduled = false
      if isClosed { output.removeAll() } else { stream.write(output) }
    }
  }

  // MARK: Receiving

  private func receive(_ bytes: UnsafeRawBufferPointer) {
    pending.received(at: loop.milliseconds)
    do throws(RedisError) {
      try reader.feed(bytes)
      // A completion may close the connection; the replies behind it then have no owner.
      while !isClosed, let reply = try reader.next() { try deliver(reply) }
    } catch {
      fail(error.description)
    }
  }

  private func deliver(_ reply: RedisReply) throws(RedisError) {
    let call = pending.takeReply()
    if reply.kind != .error { hasServed = true } else { onErrorReply?(reply) }
    if let call {
      metrics.replied(after: EventLoop.nanoseconds() &- call.startedAt)
      call.completion?(reply)
    } else if let onMessage {
      onMessage(reply)
    } else {
      throw .protocolViolation("a reply that no call asked for")
    }
  }

  // MARK: Time-outs

  private func startSweeping() {
    guard !sweepIsRunning else { return }
    sweepIsRunning = true
    sweptAt = loop.milliseconds
    let interval = Duration.milliseconds(Int(RedisLimits.sweepInterval))
    sweepTimer?.start(after: interval, every: interval)
  }

  private func sweep() {
    guard !pending.isEmpty else {
      sweepIsRunning = false
      sweepTimer?.stop()
      return
    }
    let now = loop.milliseconds
    // After a pause of our own, replies may wait in the socket: they are read before the next sweep.
    hasSkippedSweep = !hasSkippedSweep && now - sweptAt > RedisLimits.pause
    sweptAt = now
    if hasSkippedSweep { return }
    let timedOut = pending.takeTimedOut(at: now)
    let silent = pending.isSilent(at: now)
    metrics.timedOut(timedOut.count)
    FailureReply.give(.timedOut, to: timedOut)
    if silent { fail(RedisError.timedOut.description) }
  }

  // MARK: Ending

  /// Ends the connection; pending calls fail as disconnected.
  func close() {
    onFailure = nil
    fail("closed")
  }

  /// Gives the connection up: the owner is told why, and pending calls fail as disconnected.
  func fail(_ reason: String) {
    guard !isClosed else { return }
    isClosed = true
    stream.close()
    sweepTimer?.cancel()
    sweepTimer = nil
    onMessage = nil
    onErrorReply = nil
    let onFailure = onFailure
    self.onFailure = nil
    let calls = pending.takeAll()
    // The owner first: a completion that calls again must find the client disconnected.
    onFailure?(reason)
    FailureReply.give(.disconnected, to: calls)
  }
}
