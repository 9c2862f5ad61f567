public import EventLoop

/// An HTTP/1.1 server on one event loop. Loop-confined.
///
/// TCP listeners share their port (`SO_REUSEPORT`), so a process starts one server for each loop on
/// the same address. The handler is called for each whole request and answers its exchange, at once
/// or later; requests of one connection are handled one after the other.
public final class HTTPServer {
  /// Answers an exchange, now or later. It must not block the loop.
  public typealias Handler = (HTTPExchange) -> Void

  /// The loop that everything happens on.
  public let loop: EventLoop
  /// The address listened on, with the port that the kernel chose when 0 was asked for.
  public let address: SocketAddress
  /// The limits in force.
  public let configuration: Configuration

  /// Makes the response for what the server refuses by itself, with the request's head if that was
  /// read. A 503 gets `Retry-After` if the response has none.
  @exclusivity(unchecked) public var errorResponse:
    (HTTPProtocolError, RefusedHead?) -> HTTPResponse = HTTPServer.plainErrorResponse
  /// Makes the response for an exchange whose deadline passed, if it shall differ from
  /// ``errorResponse``, say by naming the request.
  @exclusivity(unchecked) public var deadlineResponse: ((HTTPExchange) -> HTTPResponse)?
  /// Called after each response with the exchange (none if the head was refused), the status and the
  /// nanoseconds since the whole request was there. The exchange is still readable.
  @exclusivity(unchecked) public var onFinish: ((HTTPExchange?, Int, UInt64) -> Void)?

  let handler: Handler
  let door = Door()
  let limits: Limits
  let writer: ResponseWriter
  let parser = HeadParser()
  let buffers = BufferPool()
  /// Responses that are not yet handed to the kernel, all of one connection.
  let output = ByteBuffer(capacity: 64 * 1024)
  @exclusivity(unchecked) var outputOwner: Unmanaged<HTTPConnection>?
  /// A response's writer is running: the output is in no state to be sent.
  @exclusivity(unchecked) var isWriting = false
  var listener: StreamListener?
  @exclusivity(unchecked) var connections: [HTTPConnection] = []
  @exclusivity(unchecked) var refusedConnectionCount = 0
  @exclusivity(unchecked) var spareExchanges: [HTTPExchange] = []
  var sweepTimer: EventLoopTimer?
  var onceEmpty: (() -> Void)?

  /// True once ``drain(deadline:)`` or ``close()`` was called.
  @exclusivity(unchecked) public internal(set) var isDraining = false

  /// Listens on `address`. Call it on the loop.
  ///
  /// - Throws: `EventLoopError` if the address cannot be listened on.
  public init(
    on address: SocketAddress, loop: EventLoop, configuration: Configuration = Configuration(),
    handler: @escaping Handler
  ) throws(EventLoopError) {
    self.loop = loop
    self.configuration = configuration
    self.handler = handler
    limits = Limits(configuration)
    writer = ResponseWriter(loop: loop)
    let listener = try StreamListener(on: address, loop: loop, backlog: configuration.backlog) {
      [door] in
      door.server?.accept($0)
    }
    self.listener = listener
    self.address = listener.address
    door.server = self
  }

  /// Lets the listener and the timer, which the server owns and ends, reach it without keeping it.
  /// Not by a weak reference: with one, each retaining of the server would take the slow path.
  final class Door {
    unowned(unsafe) var server: HTTPServer?
  }

  deinit {
    listener?.close()
    sweepTimer?.cancel()
    door.server = nil
  }

  /// Connections that are open now, refused ones included.
  public var connectionCount: Int { connections.count }

  func accept(_ stream: ByteStream) {
    let served = connections.count - refusedConnectionCount
    let connection = HTTPConnection(stream: stream, server: self)
    if served >= limits.connections {
      guard refusedConnectionCount < limits.refusedConnections else {
        stream.close()
        return
      }
      refusedConnectionCount += 1
      connection.isRefused = true
    }
    connection.position = connections.count
    connections.append(connection)
    startSweeping()
    connection.start()
  }

  func flushOutput() {
    precondition(!isWriting, "a response's writer answered another exchange")
    outputOwner?.takeUnretainedValue().send(output)
  }

  func remove(_ connection: HTTPConnection) {
    let last = connections.removeLast()
    if last !== connection {
      connections[connection.position] = last
      last.position = connection.position
    }
    if connection.isRefused { refusedConnectionCount -= 1 }
    if outputOwner?.toOpaque() == Unmanaged.passUnretained(connection).toOpaque() {
      outputOwner = nil
    }
    if connections.isEmpty {
      sweepTimer?.stop()
      onceEmpty?()
    }
  }

  static func plainErrorResponse(
    _ error: HTTPProtocolError, of head: RefusedHead?
  ) -> HTTPResponse {
    HTTPResponse(status: error.status, contentType: "text/plain", text: "\(error)\n")
  }

  // MARK: Exchanges

  /// Exchanges kept for use again.
  private static let maximumSpareExchanges = 256

  /// An exchange for a new request: a spare one that nobody holds any more, or a new one.
  func takeExchange() -> HTTPExchange {
    while var exchange = spareExchanges.popLast() {
      if isKnownUniquelyReferenced(&exchange) { return exchange }
    }
    return HTTPExchange(fields: HeaderFields(capacity: configuration.maximumHeaderCount))
  }

  /// Takes back an exchange that is over. Its handler may still hold it, so whether it can be used
  /// again shows only when it is taken.
  func giveBack(_ exchange: HTTPExchange) {
    exchange.state = .responded
    exchange.connection = nil
    if exchange.context != nil { exchange.context = nil }
    if exchange.onAbandon != nil { exchange.onAbandon = nil }
    buffers.reclaim(exchange.chunkedBody)
    if spareExchanges.count < Self.maximumSpareExchanges { spareExchanges.append(exchange) }
  }
}
