internal import EventLoop

extension HTTPConnection {
  /// Frames the body behind a head of `headBytes`. True if the request was handed to the handler.
  func takeBody(_ head: RequestHead, headBytes: Int) -> Bool {
    let input = input!
    self.headBytes = headBytes
    switch head.framing {
    case .length(let length):
      requestBytes = headBytes + length
      if input.count >= requestBytes {
        dispatch()
        return true
      }
      missingBytes = requestBytes - input.count
    case .chunked:
      requestBytes = headBytes
      chunks = ChunkedDecoder(
        maximumBody: server.limits.bodyBytes, maximumOverhead: server.limits.chunkOverheadBytes)
      exchange!.chunkedBody = server.buffers.take()
      let arrived = UnsafeRawBufferPointer(rebasing: input.bytes[headBytes...])
      if let taken = decode(arrived) {
        requestBytes += taken
        dispatch()
        return true
      }
      if state == .lingering || state == .closed { return false }
      input.truncate(to: headBytes)
    }
    enter(.body)
    if inputEnded {
      refuse(.badRequest(.incomplete))
    } else if head.expectsContinue, headBytes == input.count {
      outputBuffer().append("HTTP/1.1 100 Continue\r\n\r\n")
    }
    return false
  }

  /// Takes further bytes of a body. What lies behind its end belongs to the next request.
  func receiveBody(_ bytes: UnsafeRawBufferPointer) {
    let input = input!
    let taken: Int
    if chunks != nil {
      guard let count = decode(bytes) else { return }
      taken = count
    } else {
      taken = min(missingBytes, bytes.count)
      input.append(UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
      missingBytes -= taken
      if missingBytes > 0 { return }
    }
    if taken < bytes.count {
      input.append(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
    }
    dispatch()
  }

  /// Decodes chunks; returns how many bytes the body's rest took, or nil if it goes on or is refused.
  private func decode(_ bytes: UnsafeRawBufferPointer) -> Int? {
    switch chunks!.decode(bytes, into: exchange!.chunkedBody!) {
    case .complete(let taken):
      chunks = nil
      return taken
    case .incomplete: return nil
    case .refused(let error):
      refuse(error)
      return nil
    }
  }

  /// Hands the whole request to the handler.
  private func dispatch() {
    let exchange = exchange!
    let bytes = input!.bytes
    exchange.base = bytes.baseAddress!
    exchange.body =
      exchange.chunkedBody?.bytes
      ?? UnsafeRawBufferPointer(rebasing: bytes[headBytes..<requestBytes])
    exchange.connection = self
    exchange.startedAt = EventLoop.nanoseconds()
    exchange.state = .pending
    enter(.handling)
    server.handler(exchange)
  }
}
