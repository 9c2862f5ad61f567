internal import EventLoop

/// A client's connection: collects one request at a time, hands it to the handler, sends the answer.
///
/// A closing connection goes from any state to `lingering` (our half is ended, what still comes is
/// dropped) or straight to `closed`.
///
/// Its properties go without run-time checks of exclusive access, a tenth of a request's cost: none
/// is passed `inout` across a call that could reach the connection again.
final class HTTPConnection {
  enum State {
    /// Waits for a request's first byte.
    case idle
    /// Has a part of a head.
    case head
    /// Has a whole head and a part of the body.
    case body
    /// The handler has the request.
    case handling
    case lingering
    case closed
  }

  let server: HTTPServer
  let stream: ByteStream
  @exclusivity(unchecked) var state = State.idle
  /// The place in the server's list.
  @exclusivity(unchecked) var position = 0
  /// The server has too many connections: this one is only told so.
  @exclusivity(unchecked) var isRefused = false

  /// The present request from its first byte on, and what came with it. It does not change while
  /// the handler has the request.
  let input = ByteBuffer(capacity: 0)
  /// What arrived while the handler had a request.
  let pending = ByteBuffer(capacity: 0)
  @exclusivity(unchecked) var exchange: HTTPExchange?
  @exclusivity(unchecked) var scanner = HeadScanner()
  @exclusivity(unchecked) var chunks: ChunkedDecoder?
  /// Bytes of the present request's head.
  @exclusivity(unchecked) var headBytes = 0
  /// Bytes of `input` that belong to the present request.
  @exclusivity(unchecked) var requestBytes = 0
  /// Bytes of the body that have not come yet, if its length was declared.
  @exclusivity(unchecked) var missingBytes = 0

  /// When the present state began, in the loop's milliseconds.
  @exclusivity(unchecked) var since: UInt64
  /// The other side has ended its half.
  @exclusivity(unchecked) var inputEnded = false
  @exclusivity(unchecked) var isAdvancing = false
  @exclusivity(unchecked) var isReadingPaused = false
  /// Waits until the client has taken responses.
  @exclusivity(unchecked) var isHeldBack = false
  @exclusivity(unchecked) var lingeredBytes = 0

  /// Bytes queued in the kernel's way at the last look, and when their number last changed.
  @exclusivity(unchecked) var queuedBytes = 0
  @exclusivity(unchecked) var queuedSince: UInt64 = 0

  @exclusivity(unchecked) private var cachedPeerAddress: String??
  /// Kept for the handler.
  @exclusivity(unchecked) var context: AnyObject?

  init(stream: ByteStream, server: HTTPServer) {
    self.stream = stream
    self.server = server
    since = server.loop.milliseconds
  }

  func start() {
    stream.onRead = { [self] in received($0) }
    stream.onEnd = { [self] in ended($0) }
    stream.onDrained = { [self] in drained() }
    if isRefused { refuse(.tooManyConnections) }
    stream.startReading()
  }

  var peerAddress: String? {
    if let cachedPeerAddress { return cachedPeerAddress }
    let address = stream.peerAddress
    cachedPeerAddress = .some(address)
    return address
  }

  @inline(__always)
  func enter(_ next: State) {
    state = next
    since = server.loop.milliseconds
  }

  // MARK: Ending

  /// Closes at once. The handler's exchange, if there is one, goes on without us.
  func close() {
    guard state != .closed else { return }
    state = .closed
    stream.close()
    dropOutput()
    abandonExchange(.disconnected)
    server.buffers.reclaim(input)
    server.buffers.reclaim(pending)
    server.remove(self)
  }

  /// Closes if no request has begun.
  func closeIfIdle() {
    if state == .idle { endAfterResponse(mayStillSend: false) }
  }

  /// Lets go of the exchange without an answer. It keeps its bytes, which its handler may be reading.
  func abandonExchange(_ reason: HTTPExchange.Abandonment) {
    guard let exchange else { return }
    self.exchange = nil
    guard exchange.state == .pending else { return }
    exchange.state = .abandoned
    let kept = ByteBuffer(capacity: 0)
    kept.attachStorage(input.detachStorage())
    exchange.abandonedInput = kept
    exchange.connection = nil
    let onAbandon = exchange.onAbandon
    exchange.onAbandon = nil
    onAbandon?(reason)
  }

  func ended(_ error: EventLoopError?) {
    inputEnded = true
    if error != nil {
      close()
      return
    }
    switch state {
    case .idle: endAfterResponse(mayStillSend: false)
    case .head, .body:
      if !isHeldBack { refuse(.badRequest(.incomplete)) }
    case .lingering:
      // A response may still be on its way to a client that only reads.
      if stream.queuedBytes == 0 { close() }
    case .handling, .closed: break
    }
  }
}
