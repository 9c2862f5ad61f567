internal import EventLoop

/// Keep-alive connections for requests whose moments are not known beforehand. Loop-confined.
///
/// A request takes an idle connection at once; while there is none it waits in line, its latency
/// already running. Who asks is a number of the owner's choice.
final class ConnectionPool {
  /// A request in line or in flight.
  struct Request {
    let asker: Int
    /// When it should have been sent, on the monotonic clock.
    let due: UInt64
    /// When it was sent; 0 while in line.
    var sent: UInt64 = 0
  }

  private struct Lane {
    let connection: ClientConnection
    var request: Request?
    var reconnectDelay: Duration
  }

  /// Writes the request of an asker when its turn comes.
  var write: (_ asker: Int, _ output: ByteBuffer) -> Void = { _, _ in }
  var onAnswer: (_ request: Request, _ response: Response) -> Void = { _, _ in }
  var onFailure: (_ request: Request, _ failure: ClientFailure) -> Void = { _, _ in }

  private(set) var reconnects = 0
  private let loop: EventLoop
  private let limits: WorkerLimits
  private var lanes: [Lane] = []
  private var idle: IdleRing
  private var line: [Request] = []
  private var lineHead = 0
  private var isRunning = true
  private var sweeper: EventLoopTimer?

  init(target: Target, loop: EventLoop, limits: WorkerLimits) {
    self.loop = loop
    self.limits = limits
    idle = IdleRing(capacity: limits.connections)
    for index in 0..<limits.connections {
      let connection = ClientConnection(
        address: target.address, loop: loop, checksContract: limits.checksContract)
      connection.onResponse = { [unowned self] in answered($0, lane: index) }
      connection.onFailure = { [unowned self] in failed($0, lane: index) }
      lanes.append(
        Lane(connection: connection, reconnectDelay: limits.shortestReconnectDelay))
    }
  }

  /// Opens all connections.
  ///
  /// - Throws: the first failure.
  func open() async throws(EventLoopError) {
    for index in lanes.indices {
      try await lanes[index].connection.open(deadline: limits.connectTimeout)
      idle.push(index)
    }
    sweeper = EventLoopTimer(loop: loop) { [unowned self] in sweep() }
    sweeper?.start(after: limits.sweep, every: limits.sweep)
  }

  func close() {
    isRunning = false
    sweeper?.cancel()
    for lane in lanes { lane.connection.close() }
  }

  // MARK: Requests

  /// Sends a request for `asker`, now or as soon as a connection is idle.
  func ask(_ asker: Int, due: UInt64) {
    line.append(Request(asker: asker, due: due))
    sendNext()
  }

  private func sendNext() {
    while lineHead < line.count, let index = idle.pop() {
      // A connection that ended between two requests is found here, when its turn comes.
      guard lanes[index].connection.isOpen else {
        reopen(lane: index)
        continue
      }
      var request = line[lineHead]
      lineHead += 1
      request.sent = EventLoop.nanoseconds()
      lanes[index].request = request
      write(request.asker, lanes[index].connection.output)
      lanes[index].connection.send()
    }
    if lineHead == line.count {
      line.removeAll(keepingCapacity: true)
      lineHead = 0
    } else if lineHead > 4096 {
      line.removeFirst(lineHead)
      lineHead = 0
    }
  }

  private func answered(_ response: Response, lane index: Int) {
    guard let request = lanes[index].request else { return }
    lanes[index].request = nil
    lanes[index].reconnectDelay = limits.shortestReconnectDelay
    onAnswer(request, response)
    if lanes[index].connection.isOpen { idle.push(index) } else { reopen(lane: index) }
    sendNext()
  }

  private func failed(_ failure: ClientFailure, lane index: Int) {
    guard let request = lanes[index].request else { return }
    lanes[index].request = nil
    onFailure(request, failure)
    reopen(lane: index)
  }

  /// Gives up on late answers.
  private func sweep() {
    let now = EventLoop.nanoseconds()
    let limit = limits.requestTimeout.milliseconds * 1_000_000
    for lane in lanes {
      guard let request = lane.request, now - request.sent > limit else { continue }
      lane.connection.timeOut()
    }
  }

  private func reopen(lane index: Int) {
    loop.spawn { [self] in
      while isRunning {
        await loop.sleep(for: lanes[index].reconnectDelay)
        lanes[index].reconnectDelay = min(
          lanes[index].reconnectDelay * 2, limits.longestReconnectDelay)
        guard isRunning else { return }
        do throws(EventLoopError) {
          try await lanes[index].connection.open(deadline: limits.connectTimeout)
        } catch {
          continue
        }
        // The pool was closed meanwhile.
        guard isRunning else { return lanes[index].connection.close() }
        reconnects += 1
        idle.push(index)
        return sendNext()
      }
    }
  }
}
