internal import EventLoop

extension HTTPConnection {
  /// Where the next response is written.
  @inline(__always)
  func outputBuffer() -> ByteBuffer {
    if let output { return output }
    let buffer = server.buffers.take()
    output = buffer
    return buffer
  }

  /// Hands what was written to the kernel.
  func flush() {
    guard let buffer = output else { return }
    output = nil
    if !stream.isClosed { stream.write(buffer.bytes) }
    server.buffers.give(buffer)
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
      let hasMore = pending != nil || (input?.count ?? 0) > requestBytes
      endAfterResponse(mayStillSend: hasMore || server.isDraining)
      return
    }
    beginNext()
    // Called later than the handler: nobody else goes on with the connection.
    if !isAdvancing { advance() }
  }

  // MARK: The server's own answers

  /// Answers what cannot be, or is no longer, handled, and ends the connection.
  func refuse(_ error: HTTPProtocolError) {
    let isHead = exchange?.method == .head
    if let exchange {
      self.exchange = nil
      server.giveBack(exchange)
    }
    write(server.errorResponse(error), isHead: isHead)
    server.onFinish?(nil, error.status, 0)
    endAfterResponse(mayStillSend: true)
  }

  /// Answers 503 in the handler's place.
  func answerInTime() {
    guard let exchange else { return }
    let response =
      server.deadlineResponse?(exchange) ?? server.errorResponse(.deadlineExceeded)
    write(response, isHead: exchange.method == .head)
    server.onFinish?(exchange, response.status, EventLoop.nanoseconds() &- exchange.startedAt)
    abandonExchange(.deadlineExceeded)
    endAfterResponse(mayStillSend: true)
  }

  private func write(_ response: HTTPResponse, isHead: Bool) {
    var response = response
    if response.status == 503, response.header("Retry-After") == nil {
      response.headers.append(("Retry-After", "1"))
    }
    server.writer.write(response, to: outputBuffer(), isHead: isHead, connectionField: .close)
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
    for buffer in [input, pending] {
      if let buffer { server.buffers.give(buffer) }
    }
    input = nil
    pending = nil
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
