internal import CLibuv
internal import Glibc

/// A connected TCP or Unix-domain stream on one event loop. Loop-confined.
///
/// Received bytes are handed to ``onRead`` in the loop's shared buffer and must be used or copied
/// before it returns. Writes go to the kernel at once; only what does not fit is queued.
public final class ByteStream {
  final class Handle: HandleOwner {
    @exclusivity(unchecked) var received: ((UnsafeRawBufferPointer) -> Void)?
    @exclusivity(unchecked) var ended: ((EventLoopError?) -> Void)?
    @exclusivity(unchecked) var drained: (() -> Void)?

    /// Hands on what the socket has, as much as fits into the loop's buffer.
    ///
    /// - Returns: the number of bytes, 0 when the other side has ended its half, a negative error number,
    ///   or nil when there is nothing yet.
    func receive() -> Int? {
      var descriptor: Int32 = -1
      let status = uv_fileno(pointer(), &descriptor)
      if status < 0 { return Int(status) }
      let arena = loop.readBuffer()
      let count = recv(descriptor, arena.baseAddress!, arena.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        received?(UnsafeRawBufferPointer(start: arena.baseAddress!, count: count))
      } else if count < 0 {
        let code = errno
        return code == EAGAIN || code == EINTR ? nil : -Int(code)
      }
      return count
    }

    override func forget() {
      withExtendedLifetime((received, ended, drained)) {
        received = nil
        ended = nil
        drained = nil
      }
    }
  }

  /// Called with each run of received bytes.
  public var onRead: ((UnsafeRawBufferPointer) -> Void)? {
    get { handle.received }
    set { handle.received = newValue }
  }

  /// Called once when nothing more will be received: `nil` when the other side ended its half
  /// (it may still read), an error when the connection is broken.
  public var onEnd: ((EventLoopError?) -> Void)? {
    get { handle.ended }
    set { handle.ended = newValue }
  }

  let handle: Handle

  /// The loop that the stream lives on.
  public var loop: EventLoop { handle.loop }

  private init(handle: Handle) { self.handle = handle }

  deinit { close() }

  static func tcp(loop: EventLoop) -> ByteStream {
    let handle = Handle(uv_tcp_t.self, loop: loop)
    uv_tcp_init(loop.handle, handle.pointer())
    handle.adopt()
    return ByteStream(handle: handle)
  }

  static func pipe(loop: EventLoop) -> ByteStream {
    let handle = Handle(uv_pipe_t.self, loop: loop)
    uv_pipe_init(loop.handle, handle.pointer(), 0)
    handle.adopt()
    return ByteStream(handle: handle)
  }

  var native: UnsafeMutablePointer<uv_stream_t> { handle.pointer() }

  /// True from the call of ``close()`` on the loop on.
  public var isClosed: Bool { !handle.isOpen }

  // MARK: Reading

  /// Starts, or after ``pauseReading()`` goes on, to receive.
  ///
  /// libuv is given no buffer, whereupon it does not read but says so (`UV_ENOBUFS`), each time that there
  /// is something to read: the bytes are then taken from the socket here. All streams are sockets, and for
  /// these `recv` does less on its way than the `read` that libuv would call.
  public func startReading() {
    guard !isClosed else { return }
    uv_read_start(
      native, { _, _, _ in },
      { stream, status, _ in
        let isReady = status == Int(UV_ENOBUFS.rawValue)
        let count: Int? =
          isReady ? HandleOwner.with(stream!, as: Handle.self) { $0.receive() } : status
        guard let count, count <= 0 else { return }
        let handle = HandleOwner.owner(of: stream!, as: Handle.self)
        uv_read_stop(stream)
        let ended = handle.ended
        handle.ended = nil
        let isOrderly = count == 0 || count == Int(UV_EOF.rawValue)
        ended?(isOrderly ? nil : EventLoopError(code: Int32(count), operation: "read"))
      })
  }

  /// Stops receiving: the kernel's buffer fills and the sender is held back.
  public func pauseReading() {
    guard !isClosed else { return }
    uv_read_stop(native)
  }

  // MARK: Writing

  /// Bytes that the kernel has not taken yet.
  public var queuedBytes: Int { isClosed ? 0 : uv_stream_get_write_queue_size(native) }

  /// Sends all of `bytes`. What the kernel does not take at once is copied and queued.
  /// A broken connection shows itself at ``onEnd``; the bytes are then dropped.
  public func write(_ bytes: UnsafeRawBufferPointer) {
    guard !isClosed, bytes.count > 0 else { return }
    var sent = 0
    if uv_stream_get_write_queue_size(native) == 0, uv_is_writable(native) != 0 {
      switch send(bytes) {
      case .success(let count): sent = count
      case .failure(let error):
        fail(error)
        return
      }
    }
    if sent < bytes.count { queue(UnsafeRawBufferPointer(rebasing: bytes[sent...])) }
  }

  /// Hands the kernel what it takes at once, and returns how much that was.
  ///
  /// By `send`, for the same reason as `recv` in ``startReading()``.
  private func send(_ bytes: UnsafeRawBufferPointer) -> Result<Int, EventLoopError> {
    var descriptor: Int32 = -1
    let status = uv_fileno(handle.pointer(), &descriptor)
    if status < 0 { return .failure(EventLoopError(code: status, operation: "write")) }
    let count = Glibc.send(descriptor, bytes.baseAddress!, bytes.count, Self.sendFlags)
    if count >= 0 { return .success(count) }
    switch errno {
    case EAGAIN, EWOULDBLOCK, ENOBUFS, EINTR: return .success(0)
    case let code: return .failure(EventLoopError(code: -code, operation: "write"))
    }
  }

  private static let sendFlags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)

  /// Sends what `buffer` holds and empties it.
  public func write(_ buffer: ByteBuffer) {
    write(buffer.bytes)
    buffer.removeAll()
  }

  private func queue(_ bytes: UnsafeRawBufferPointer) {
    let request = WriteRequest(copying: bytes)
    request.start(on: self)
  }

  fileprivate func fail(_ error: EventLoopError) {
    guard !isClosed else { return }
    uv_read_stop(native)
    let ended = handle.ended
    handle.ended = nil
    // Later, so that a writer is not re-entered from its own call.
    if let ended { loop.atEndOfTick { [handle] in if handle.isOpen { ended(error) } } }
  }

  private static func native(_ bytes: UnsafeRawBufferPointer) -> uv_buf_t {
    let pointer = UnsafeMutableRawPointer(mutating: bytes.baseAddress!)
    return uv_buf_init(pointer.assumingMemoryBound(to: CChar.self), UInt32(bytes.count))
  }

  private final class WriteRequest {
    let request = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
    let block: UnsafeMutableRawBufferPointer
    weak var stream: ByteStream?

    init(copying bytes: UnsafeRawBufferPointer) {
      block = .allocate(byteCount: bytes.count, alignment: 1)
      block.copyMemory(from: bytes)
    }

    deinit {
      request.deallocate()
      block.deallocate()
    }

    func start(on stream: ByteStream) {
      self.stream = stream
      let retained = Unmanaged.passRetained(self)
      request.pointee.data = retained.toOpaque()
      var buffer = ByteStream.native(UnsafeRawBufferPointer(block))
      let status = uv_write(request, stream.native, &buffer, 1) { request, status in
        let request = Unmanaged<WriteRequest>.fromOpaque(request!.pointee.data).takeRetainedValue()
        guard let stream = request.stream else { return }
        if status < 0 {
          stream.fail(EventLoopError(code: status, operation: "write"))
        } else if stream.queuedBytes == 0 {
          stream.onDrained?()
        }
      }
      if status < 0 {
        retained.release()
        stream.fail(EventLoopError(code: status, operation: "write"))
      }
    }
  }

  /// Called when a queue of unsent bytes has become empty.
  public var onDrained: (() -> Void)? {
    get { handle.drained }
    set { handle.drained = newValue }
  }

  // MARK: Ending

  /// Ends our half after all queued bytes are sent; the other side can still send.
  public func endWriting() {
    guard !isClosed else { return }
    let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
    let status = uv_shutdown(request, native) { request, _ in request?.deallocate() }
    if status < 0 { request.deallocate() }
  }

  /// Closes at once; no callback is called any more.
  public func close() {
    handle.close()
  }

  /// Closes at once and makes the other side's next read or write fail, instead of ending in order.
  public func reset() {
    guard !isClosed else { return }
    var descriptor: Int32 = -1
    if uv_fileno(handle.pointer(), &descriptor) == 0 {
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
    close()
  }

  /// The other side's address as `a.b.c.d` or an IPv6 text; `nil` for Unix sockets.
  public var peerAddress: String? {
    guard !isClosed, handle.pointer(as: uv_handle_t.self).pointee.type == UV_TCP else { return nil }
    var storage = sockaddr_storage()
    var length = Int32(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard uv_tcp_getpeername(handle.pointer(), address, &length) == 0 else { return nil }
        return SocketAddress.text(of: address)
      }
    }
  }
}
