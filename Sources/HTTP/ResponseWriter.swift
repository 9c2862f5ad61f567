internal import EventLoop

/// Writes response heads and bodies. One serves all connections of a loop.
final class ResponseWriter {
  /// What the response says about the connection.
  enum ConnectionField {
    case none, close, keepAlive
  }

  /// Where a response's length stands in the output, to be filled in after the body.
  struct PendingLength {
    var field: Int?
    var bodyStart: Int
  }

  private let date: DateField

  /// Most bodies have a length of three digits; another width moves the body once.
  private static let expectedDigits = 3

  init(loop: EventLoop) { date = DateField(loop: loop) }

  /// Writes the status line and the server's own fields.
  @inline(__always)
  func begin(
    status: Int, contentType: StaticString, to output: ByteBuffer, connectionField: ConnectionField
  ) {
    beginHead(status: status, to: output, connectionField: connectionField)
    if contentType.utf8CodeUnitCount > 0 {
      output.append("Content-Type: ")
      output.append(contentType)
      output.append("\r\n")
    }
  }

  private func beginHead(
    status: Int, to output: ByteBuffer, connectionField: ConnectionField
  ) {
    if let line = HTTPStatus.line(status) {
      output.append(line)
    } else {
      precondition((200...599).contains(status), "no status code of a final response")
      output.append("HTTP/1.1 ")
      output.append(decimal: status)
      output.append(" \r\n")
    }
    date.write(to: output)
    switch connectionField {
    case .none: break
    case .close: output.append("Connection: close\r\n")
    case .keepAlive: output.append("Connection: keep-alive\r\n")
    }
  }

  /// Ends the head, leaving room for the length.
  @inline(__always)
  func endHead(status: Int, to output: ByteBuffer) -> PendingLength {
    guard !HTTPStatus.hasNoBody(status) else {
      output.append("\r\n")
      return PendingLength(field: nil, bodyStart: output.count)
    }
    output.append("Content-Length: ")
    let field = output.count
    output.append("000\r\n\r\n")
    return PendingLength(field: field, bodyStart: output.count)
  }

  /// Fills in the length; drops the body where none may be sent.
  @inline(__always)
  func endBody(_ length: PendingLength, to output: ByteBuffer, isHead: Bool) {
    let count = output.count - length.bodyStart
    if isHead || length.field == nil { output.truncate(to: length.bodyStart) }
    if let field = length.field {
      output.replace(at: field, width: Self.expectedDigits, decimal: count)
    }
  }

  /// Writes a whole response.
  func write(
    _ response: HTTPResponse, to output: ByteBuffer, isHead: Bool, connectionField: ConnectionField
  ) {
    beginHead(status: response.status, to: output, connectionField: connectionField)
    for (name, value) in response.headers where !Self.isOwn(name) {
      Self.appendText(name, to: output)
      output.append(": ")
      Self.appendText(value, to: output)
      output.append("\r\n")
    }
    let length = endHead(status: response.status, to: output)
    output.append(response.body)
    endBody(length, to: output, isHead: isHead)
  }

  private static func isOwn(_ name: String) -> Bool {
    ["content-length", "transfer-encoding", "connection", "date"].contains(name.lowercased())
  }

  /// Appends header text. A line end in it would begin another field, so it becomes a space.
  private static func appendText(_ text: String, to output: ByteBuffer) {
    for byte in text.utf8 { output.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte) }
  }
}
