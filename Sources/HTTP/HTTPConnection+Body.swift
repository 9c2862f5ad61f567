internal import EventLoop

extension HTTPConnection {
  /// Frames the body behind a head of `headBytes`. True if the request was handed to the handler.
  func takeBody(_ head: RequestHead, headBytes: Int, _ exchange: HTTPExchange) -> Bool {
    self.headBytes = headBytes
    switch head.framing {
    case .length(let length):
      requestBytes = headBytes + length
      if input.count >= requestBytes {
        dispatch(exchange, body: nil)
        return true
      }
      missingBytes = requestBytes - input.count
    case .chunked:
      requestBytes = headBytes
      chunks = ChunkedDecoder(
        maximumBody: server.limits.bodyBytes, maximumOverhead: server.limits.chunkOverheadBytes)
      self.exchange = exchange
      server.buffers.supply(exchange.chunkedBody)
      let arrived = UnsafeRawBufferPointer(rebasing: input.bytes[headBytes...])
      if let taken = decode(arrived, into: exchange.chunkedBody) {
        requestBytes += taken
        dispatch(exchange, body: exchange.chunkedBody)
        return true
      }
      if state == .lingering || state == .closed { return false }
      input.truncate(to: headBytes)
    }
    self.exchange = exchange
    enter(.body)
    if inputEnded {
      refuse(.badRequest(.incomplete))
    } else if head.expectsContinue, headBytes == input.count {
      claimOutput().append("HTTP/1.1 100 Continue\r\n\r\n")
    }
    return false
  }

  /// Takes further bytes of a body. What lies behind its end belongs to the next request.
  func receiveBody(_ bytes: UnsafeRawBufferPointer) {
    let exchange = exchange!
    let taken: Int
    var body: ByteBuffer?
    if chunks != nil {
      guard let count = decode(bytes, into: exchange.chunkedBody) else { return }
      taken = count
      body = exchange.chunkedBody
    } else {
      taken = min(missingBytes, bytes.count)
      input.append(UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
      missingBytes -= taken
      if missingBytes > 0 { return }
    }
    if taken < bytes.count {
      input.append(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
    }
    dispatch(exchange, body: body)
  }

  /// Decodes chunks; returns how many bytes the body's rest took, or nil if it goes on or is refused.
  private func decode(_ bytes: UnsafeRawBufferPointer, into body: ByteBuffer) -> Int? {
    switch chunks!.decode(bytes, into: body) {
    case .complete(let taken):
      chunks = nil
      return taken
    case .incomplete: return nil
    case .refused(let error):
      refuse(error)
      return nil
    }
  }

  /// Hands the whole request to the handler. `body` is where a chunked body was decoded to.
  private func dispatch(_ exchange: HTTPExchange, body: ByteBuffer?) {
    let bytes = input.bytes
    exchange.base = bytes.baseAddress!
    exchange.body =
      body?.bytes ?? UnsafeRawBufferPointer(rebasing: bytes[headBytes..<requestBytes])
    exchange.connection = self
    exchange.startedAt = EventLoop.nanoseconds()
    exchange.state = .pending
    self.exchange = exchange
    enter(.handling)
    server.handler(exchange)
  }
}
