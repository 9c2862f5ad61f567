internal import CLibuv
internal import Glibc

/// A listening TCP or Unix-domain socket on one event loop. Loop-confined.
///
/// TCP listeners set `SO_REUSEPORT`, so that each loop of a process has its own on the same port and
/// the kernel spreads the connections.
public final class StreamListener {
  private final class Handle: HandleOwner {
    let loop: EventLoop
    let isTCP: Bool
    var accepted: ((ByteStream) -> Void)?

    init<Native>(_ type: Native.Type, loop: EventLoop, isTCP: Bool) {
      self.loop = loop
      self.isTCP = isTCP
      super.init(type)
    }

    /// Lets go of the callback. What is freed by that may be this handle's own user, which comes back
    /// here: so the old value lives until the property is empty.
    func forget() {
      withExtendedLifetime(accepted) {
        accepted = nil
      }
    }

    override func loopEnded() {
      forget()
      super.loopEnded()
    }
  }

  private let handle: Handle

  /// The address listened on, with the port that the kernel chose when 0 was asked for.
  public let address: SocketAddress

  /// Listens on `address`.
  ///
  /// - Parameters:
  ///   - backlog: connections that the kernel holds before they are accepted.
  ///   - onConnection: called with each accepted stream, which does not read yet.
  public init(
    on address: SocketAddress, loop: EventLoop, backlog: Int = 4096,
    onConnection: @escaping (ByteStream) -> Void
  ) throws(EventLoopError) {
    loop.assertCurrent()
    switch address {
    case .tcp(let host, let port):
      handle = Handle(uv_tcp_t.self, loop: loop, isTCP: true)
      uv_tcp_init(loop.handle, handle.pointer())
      handle.adopt()
      do {
        let bound = try Self.bind(handle.pointer(), host: host, port: port)
        self.address = .tcp(host: host, port: bound)
      } catch {
        handle.closeHandle()
        throw error
      }
    case .unix(let path):
      handle = Handle(uv_pipe_t.self, loop: loop, isTCP: false)
      uv_pipe_init(loop.handle, handle.pointer(), 0)
      handle.adopt()
      self.address = address
      let status = uv_pipe_bind(handle.pointer(), path)
      if status < 0 {
        handle.closeHandle()
        throw EventLoopError(code: status, operation: "listen on \(address)")
      }
    }
    handle.accepted = onConnection
    let status = uv_listen(handle.pointer(), Int32(backlog)) { server, status in
      guard status == 0 else { return }
      let handle = HandleOwner.owner(of: server!, as: Handle.self)
      let stream: ByteStream = handle.isTCP ? .tcp(loop: handle.loop) : .pipe(loop: handle.loop)
      guard uv_accept(server, stream.native) == 0 else { return }
      if handle.isTCP { uv_tcp_nodelay(stream.handle.pointer(), 1) }
      handle.accepted?(stream)
    }
    if status < 0 {
      handle.closeHandle()
      throw EventLoopError(code: status, operation: "listen on \(address)")
    }
  }

  deinit { close() }

  /// Accepts no more connections.
  public func close() {
    handle.forget()
    handle.closeHandle()
  }

  private static func bind(
    _ tcp: UnsafeMutablePointer<uv_tcp_t>, host: String, port: Int
  ) throws(EventLoopError) -> Int {
    let operation = "listen on \(SocketAddress.tcp(host: host, port: port))"
    var storage = sockaddr_storage()
    let size = MemoryLayout<sockaddr_storage>.size
    let family: Int32 = host.contains(":") ? AF_INET6 : AF_INET
    var status = withUnsafeMutableBytes(of: &storage) { raw in
      family == AF_INET6
        ? uv_ip6_addr(
          host, Int32(port), raw.baseAddress!.assumingMemoryBound(to: sockaddr_in6.self))
        : uv_ip4_addr(host, Int32(port), raw.baseAddress!.assumingMemoryBound(to: sockaddr_in.self))
    }
    try EventLoopError.check(status, operation)
    let descriptor = socket(
      family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw EventLoopError(code: -errno, operation: operation) }
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, 4)
    status = uv_tcp_open(tcp, descriptor)
    if status < 0 {
      Glibc.close(descriptor)
      throw EventLoopError(code: status, operation: operation)
    }
    return try withUnsafeMutableBytes(of: &storage) { raw throws(EventLoopError) in
      let address = raw.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      try EventLoopError.check(uv_tcp_bind(tcp, address, 0), operation)
      var length = Int32(size)
      try EventLoopError.check(uv_tcp_getsockname(tcp, address, &length), operation)
      // The port lies at the same place, in network order, in both address families.
      return Int(UInt16(bigEndian: raw.load(fromByteOffset: 2, as: UInt16.self)))
    }
  }
}
