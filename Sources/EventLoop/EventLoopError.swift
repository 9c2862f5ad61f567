internal import CLibuv

/// A failure that the kernel or libuv reported.
public struct EventLoopError: Error, Equatable, CustomStringConvertible {
  /// The negated `errno`, as libuv gives it.
  public let code: Int32
  /// What was being done, for the log.
  public let operation: String

  public init(code: Int32, operation: String) {
    self.code = code
    self.operation = operation
  }

  public var description: String {
    "\(operation): \(String(cString: uv_strerror(code))) (\(String(cString: uv_err_name(code))))"
  }

  /// The other side closed, or nobody listens there.
  public var isDisconnect: Bool {
    code == UV_EOF.rawValue || code == UV_ECONNRESET.rawValue || code == UV_EPIPE.rawValue
      || code == UV_ECONNREFUSED.rawValue || code == UV_ENOENT.rawValue
  }

  static func check(_ status: Int32, _ operation: String) throws(EventLoopError) {
    if status < 0 { throw EventLoopError(code: status, operation: operation) }
  }
}
