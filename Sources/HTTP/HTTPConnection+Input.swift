internal import EventLoop

extension HTTPConnection {
  func received(_ bytes: UnsafeRawBufferPointer) {
    switch state {
    case .idle:
      enter(.head)
      server.buffers.supply(input)
      input.append(bytes)
      advance()
    case .head:
      if isHeldBack {
        keepForLater(bytes)
      } else {
        input.append(bytes)
        advance()
      }
    case .body:
      receiveBody(bytes)
      advance()
    case .handling: keepForLater(bytes)
    case .lingering: discard(bytes.count)
    case .closed: break
    }
  }

  /// Holds bytes until the request in flight is answered; past the bound, the sender must wait.
  private func keepForLater(_ bytes: UnsafeRawBufferPointer) {
    server.buffers.supply(pending)
    pending.append(bytes)
    if pending.count > server.limits.pipelinedBytes, !isReadingPaused {
      isReadingPaused = true
      stream.pauseReading()
    }
  }

  private func takePending() {
    guard !pending.isEmpty else { return }
    input.append(pending.bytes)
    server.buffers.reclaim(pending)
    if isReadingPaused {
      isReadingPaused = false
      stream.startReading()
    }
  }

  // MARK: One request after the other

  /// Handles the requests that are there, as long as each is answered at once.
  func advance() {
    guard !isAdvancing else { return }
    isAdvancing = true
    var handled = 0
    while state == .head {
      if handled >= server.limits.pipelinedRequests {
        holdBack()
        server.loop.execute { [connection = LoopConfined(self)] in connection.value.goOn() }
        break
      }
      handled += 1
      guard takeHead() else { break }
    }
    isAdvancing = false
    flush()
  }

  /// Stops taking requests until ``goOn()``.
  func holdBack() { isHeldBack = true }

  func goOn() {
    guard isHeldBack, state == .head, stream.queuedBytes <= server.limits.queuedBytes else {
      return
    }
    isHeldBack = false
    enter(.head)
    takePending()
    advance()
  }

  /// Makes ready for the request behind an answered one.
  func beginNext() {
    input.consume(requestBytes)
    requestBytes = 0
    takePending()
    scanner = HeadScanner()
    if input.isEmpty {
      server.buffers.reclaim(input)
      enter(.idle)
      if inputEnded { endAfterResponse(mayStillSend: false) }
      return
    }
    enter(.head)
    if server.output.count > server.limits.queuedBytes { flush() }
    if stream.queuedBytes > server.limits.queuedBytes { holdBack() }
  }

  // MARK: Head

  /// Takes a head from the input, and the body if it is there too. False if more bytes are needed or
  /// the request was refused.
  private func takeHead() -> Bool {
    if isHeldBack { return false }
    let length: Int
    switch scanner.scan(input.bytes) {
    case .complete(let bytes): length = bytes
    case .incomplete:
      if let error = excess(input.count) { refuse(error) } else { endIfIncomplete() }
      return false
    case .emptyLine:
      input.consume(2)
      scanner = HeadScanner()
      if input.isEmpty {
        endIfIncomplete()
        return false
      }
      return true
    case .refused(let reason):
      refuse(.badRequest(reason))
      return false
    }
    if let error = excess(length) {
      refuse(error)
      return false
    }
    let exchange = server.takeExchange()
    let bytes = UnsafeRawBufferPointer(rebasing: input.bytes[..<length])
    switch server.parser.parse(bytes, into: exchange.fields) {
    case .success(let head): return take(head, length: length, exchange)
    case .failure(let error):
      server.giveBack(exchange)
      refuse(error)
      return false
    }
  }

  private func take(_ parsed: HeadParser.Head, length: Int, _ exchange: HTTPExchange) -> Bool {
    let base = input.bytes.baseAddress!
    switch RequestHead.check(parsed, exchange.fields, base, limits: server.limits) {
    case .failure(let error):
      refuse(error, fields: exchange.fields)
      server.giveBack(exchange)
      return false
    case .success(let head):
      exchange.method = head.method
      exchange.minorVersion = head.minorVersion
      exchange.keepsAlive = head.keepsAlive
      exchange.pathRange = head.path
      exchange.queryRange = head.query
      return takeBody(head, headBytes: length, exchange)
    }
  }

  /// The refusal of a head, whole or not, of which `count` bytes are too many.
  private func excess(_ count: Int) -> HTTPProtocolError? {
    let lineLength = scanner.requestLineLength ?? count
    if lineLength > server.limits.targetBytes + Self.requestLineAllowance { return .targetTooLong }
    return count > server.limits.headBytes ? .headTooLarge : nil
  }

  /// What a request line has besides its target: the longest method, two spaces, the version.
  private static let requestLineAllowance = 32

  private func endIfIncomplete() {
    if inputEnded { refuse(.badRequest(.incomplete)) }
  }
}
