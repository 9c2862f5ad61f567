public import EventLoop

extension HTTPExchange {
  /// Answers with a whole response. Does nothing if the exchange is over.
  public func respond(_ response: HTTPResponse) {
    guard state == .pending, let connection else { return }
    state = .responding
    connection.server.writer.write(
      response, to: connection.claimOutput(), isHead: method == .head,
      connectionField: connection.connectionField(for: self))
    connection.finish(self, status: response.status)
  }

  /// Answers by writing straight into the connection's output. Does nothing if the exchange is over.
  ///
  /// - Parameters:
  ///   - status: the status code.
  ///   - contentType: the value of `Content-Type`; empty for none.
  ///   - writeHeaders: writes further header lines, each ended by CR LF.
  ///   - writeBody: writes the body; its length is filled in afterwards. Neither writer may answer
  ///     another exchange.
  public func respond(
    status: Int, contentType: StaticString, writeHeaders: (ByteBuffer) -> Void = { _ in },
    writeBody: (ByteBuffer) -> Void
  ) {
    guard state == .pending, let connection else { return }
    state = .responding
    let server = connection.server
    let output = connection.claimOutput()
    server.isWriting = true
    server.writer.begin(
      status: status, contentType: contentType, to: output,
      connectionField: connection.connectionField(for: self))
    writeHeaders(output)
    let length = server.writer.endHead(status: status, to: output)
    writeBody(output)
    server.writer.endBody(length, to: output, isHead: method == .head)
    server.isWriting = false
    connection.finish(self, status: status)
  }
}
