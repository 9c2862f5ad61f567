internal import EventLoop

extension HTTPConnection {
  /// The server's output, for the next response of this connection.
  ///
  /// One buffer serves all connections: a response is handed to the kernel as soon as it is whole, or
  /// at the end of the connection's turn. Another connection's turn, further up the stack, gives way.
  @inline(__always)
  func claimOutput() -> ByteBuffer {
    if !server.output.isEmpty, !ownsOutput { server.flushOutput() }
    server.outputOwner = .passUnretained(self)
    return server.output
  }

  private var ownsOutput: Bool {
    server.outputOwner?.toOpaque() == Unmanaged.passUnretained(self).toOpaque()
  }

  /// Hands what was written to the kernel.
  @inline(__always)
  func flush() {
    if !server.output.isEmpty, ownsOutput { send(server.output) }
  }

  func send(_ output: ByteBuffer) {
    if !stream.isClosed { stream.write(output.bytes) }
    output.removeAll()
  }

  func dropOutput() {
    if ownsOutput { server.output.removeAll() }
  }

  /// What the response to `exchange` says about the connection, which it thereby settles.
  func connectionField(for exchange: HTTPExchange) -> ResponseWriter.ConnectionField {
    if server.isDraining { exchange.keepsAlive = false }
    if !exchange.keepsAlive { return .close }
    return exchange.minorVersion == 0 ? .keepAlive : .none
  }

  /// The response to `exchange` has been written.
  func finish(_ exchange: HTTPExchange, status: Int) {
    if let onFinish = server.onFinish {
      onFinish(exchange, status, EventLoop.nanoseconds() &- exchange.startedAt)
    }
    self.exchange = nil
    let keepsAlive = exchange.keepsAlive
    server.giveBack(exchange)
    guard keepsAlive else {
      let hasMore = !pending.isEmpty || input.count > requestBytes
      endAfterResponse(mayStillSend: hasMore || server.isDraining)
      return
    }
    beginNext()
    // Called later than the handler: nobody else goes on with the connection.
    if !isAdvancing { advance() }
  }

  // MARK: The server's own answers

  /// Answers what cannot be, or is no longer, handled, and ends the connection.
  ///
  /// - Parameter fields: those of a head that was read and then refused.
  func refuse(_ error: HTTPProtocolError, fields: HeaderFields? = nil) {
    let isHead = exchange?.method == .head
    let response = server.errorResponse(error, refusedHead(fields ?? exchange?.fields))
    if let exchange {
      self.exchange = nil
      server.giveBack(exchange)
    }
    write(response, isHead: isHead)
    server.onFinish?(nil, error.status, 0)
    endAfterResponse(mayStillSend: true)
  }

  /// Answers 503 in the handler's place.
  func answerInTime() {
    guard let exchange else { return }
    let response =
      server.deadlineResponse?(exchange)
      ?? server.errorResponse(.deadlineExceeded, refusedHead(exchange.fields))
    write(response, isHead: exchange.method == .head)
    server.onFinish?(exchange, response.status, EventLoop.nanoseconds() &- exchange.startedAt)
    abandonExchange(.deadlineExceeded)
    endAfterResponse(mayStillSend: true)
  }

  /// The present request's head, which the input begins with.
  private func refusedHead(_ fields: HeaderFields?) -> RefusedHead? {
    guard let fields, let base = input.bytes.baseAddress else { return nil }
    return RefusedHead(fields: fields, base: base)
  }

  private func write(_ response: HTTPResponse, isHead: Bool) {
    var response = response
    if response.status == 503, response.header("Retry-After") == nil {
      response.headers.append(("Retry-After", "1"))
    }
    server.writer.write(response, to: claimOutput(), isHead: isHead, connectionField: .close)
  }

  // MARK: Ending

  /// Ends the connection behind the last response.
  ///
  /// Closing a socket with unread bytes resets it, and a reset can overtake the response. So where
  /// the client may still be sending, only our half is ended and its bytes are dropped for a while.
  func endAfterResponse(mayStillSend: Bool) {
    flush()
    guard state != .closed else { return }
    if stream.queuedBytes == 0, inputEnded || !mayStillSend {
      close()
      return
    }
    server.buffers.reclaim(input)
    server.buffers.reclaim(pending)
    chunks = nil
    isHeldBack = false
    enter(.lingering)
    stream.endWriting()
    if isReadingPaused {
      isReadingPaused = false
      stream.startReading()
    }
  }

  func discard(_ count: Int) {
    lingeredBytes += count
    if lingeredBytes > server.limits.lingerBytes { close() }
  }

  /// The kernel has taken all that was queued.
  func drained() {
    if state == .lingering {
      if inputEnded { close() } else { enter(.lingering) }
    } else {
      goOn()
    }
  }

  // MARK: Time

  /// Looks at the time-outs. Called by the server's sweep.
  func checkTime(_ now: UInt64) {
    if hasStalled(now) {
      close()
      return
    }
    let elapsed = now &- since
    switch state {
    case .idle:
      if elapsed >= server.limits.idleTimeout { closeIfIdle() }
    case .head:
      if elapsed >= server.limits.headTimeout, !isHeldBack { refuse(.headTimedOut) }
    case .body:
      if elapsed >= server.limits.bodyTimeout { refuse(.bodyTimedOut) }
    case .handling:
      if elapsed >= server.limits.requestDeadline { answerInTime() }
    case .lingering:
      if elapsed >= server.limits.lingerTimeout, queuedBytes == 0 { close() }
    case .closed: break
    }
  }

  /// True if responses wait and the client has taken none of their bytes for the write time-out.
  private func hasStalled(_ now: UInt64) -> Bool {
    let count = stream.queuedBytes
    if count == 0 || count != queuedBytes {
      queuedBytes = count
      queuedSince = now
      return false
    }
    return now &- queuedSince >= server.limits.writeTimeout
  }
}
