internal import CLibuv
internal import Glibc

extension ByteStream {
  /// Connects to `address`. Call it on the loop.
  ///
  /// - Parameter deadline: the whole time allowed, name look-up included.
  /// - Throws: `EventLoopError`, with `ETIMEDOUT` when the deadline passed.
  public static func connect(
    to address: SocketAddress, on loop: EventLoop, deadline: Duration = .seconds(5)
  ) async throws(EventLoopError) -> ByteStream {
    loop.assertCurrent()
    let attempt: ConnectAttempt
    switch address {
    case .unix(let path):
      attempt = ConnectAttempt(stream: .pipe(loop: loop), target: address)
      guard path.utf8.count < 108 else {
        throw EventLoopError(code: UV_ENAMETOOLONG.rawValue, operation: "connect to \(address)")
      }
    case .tcp:
      attempt = ConnectAttempt(stream: .tcp(loop: loop), target: address)
    }
    let status = await withUnsafeContinuation { continuation in
      attempt.begin(deadline: deadline, continuation)
    }
    try EventLoopError.check(status, "connect to \(address)")
    return attempt.stream
  }
}

/// One connection attempt: name look-up, connect, deadline; whichever ends first decides.
private final class ConnectAttempt {
  let stream: ByteStream
  private let target: SocketAddress
  private let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
  private let lookUp = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
  private var continuation: UnsafeContinuation<Int32, Never>?
  private var timer: EventLoopTimer?

  init(stream: ByteStream, target: SocketAddress) {
    self.stream = stream
    self.target = target
  }

  deinit {
    request.deallocate()
    lookUp.deallocate()
  }

  func begin(deadline: Duration, _ continuation: UnsafeContinuation<Int32, Never>) {
    self.continuation = continuation
    timer = stream.loop.schedule(after: deadline) { [self] in finish(UV_ETIMEDOUT.rawValue) }
    switch target {
    case .unix(let path):
      request.pointee.data = Unmanaged.passRetained(self).toOpaque()
      uv_pipe_connect(request, stream.handle.pointer(), path, Self.connected)
    case .tcp(let host, let port):
      lookUp.pointee.data = Unmanaged.passRetained(self).toOpaque()
      var hints = addrinfo()
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      let status = uv_getaddrinfo(
        stream.loop.handle, lookUp, Self.resolved, host, String(port), &hints)
      if status < 0 {
        Unmanaged<ConnectAttempt>.fromOpaque(lookUp.pointee.data).release()
        finish(status)
      }
    }
  }

  private static let resolved: uv_getaddrinfo_cb = { request, status, result in
    let attempt = Unmanaged<ConnectAttempt>.fromOpaque(request!.pointee.data).takeRetainedValue()
    defer { uv_freeaddrinfo(result) }
    guard status == 0, let address = result?.pointee.ai_addr else {
      attempt.finish(status)
      return
    }
    // The deadline passed meanwhile, or the loop is ending and has closed the stream.
    guard attempt.continuation != nil, !attempt.stream.isClosed else {
      attempt.finish(UV_ECANCELED.rawValue)
      return
    }
    attempt.request.pointee.data = Unmanaged.passRetained(attempt).toOpaque()
    let status = uv_tcp_connect(
      attempt.request, attempt.stream.handle.pointer(), address, ConnectAttempt.connected)
    if status < 0 {
      Unmanaged.passUnretained(attempt).release()
      attempt.finish(status)
    }
  }

  private static let connected: uv_connect_cb = { request, status in
    Unmanaged<ConnectAttempt>.fromOpaque(request!.pointee.data).takeRetainedValue().finish(status)
  }

  private func finish(_ status: Int32) {
    guard let continuation else { return }
    self.continuation = nil
    timer?.cancel()
    timer = nil
    if status == 0 {
      if case .tcp = target { uv_tcp_nodelay(stream.handle.pointer(), 1) }
    } else {
      stream.close()
    }
    continuation.resume(returning: status)
  }
}
