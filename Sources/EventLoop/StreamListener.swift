internal import CLibuv
internal import Glibc

/// A listening TCP or Unix-domain socket on one event loop. Loop-confined.
///
/// TCP listeners set `SO_REUSEPORT`, so that each loop of a process has its own on the same port and
/// the kernel spreads the connections.
public final class StreamListener {
  private final class Handle: HandleOwner {
    let isTCP: Bool
    var accepted: ((ByteStream) -> Void)?

    init<Native>(_ type: Native.Type, loop: EventLoop, isTCP: Bool) {
      self.isTCP = isTCP
      super.init(type, loop: loop)
    }

    override func forget() {
      withExtendedLifetime(accepted) {
        accepted = nil
      }
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
        handle.close()
        throw error
      }
    case .unix(let path):
      handle = Handle(uv_pipe_t.self, loop: loop, isTCP: false)
      uv_pipe_init(loop.handle, handle.pointer(), 0)
      handle.adopt()
      self.address = address
      let status = uv_pipe_bind(handle.pointer(), path)
      if status < 0 {
        handle.close()
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
      handle.close()
      throw EventLoopError(code: status, operation: "listen on \(address)")
    }
  }

  deinit { close() }

  /// Accepts no more connections.
  public func close() {
    handle.close()
  }

  /// Finds out whether somebody listens on a TCP address already, other listeners of the same
  /// program included. Listeners share a port among processes of one user, which is not always meant.
  ///
  /// - Throws: `EventLoopError`, with `EADDRINUSE` when the address is taken.
  public static func checkFree(host: String, port: Int) throws(EventLoopError) {
    guard port != 0 else { return }
    let operation = "listen on \(SocketAddress.tcp(host: host, port: port))"
    let (descriptor, storage) = try socket(host: host, port: port, operation)
    defer { Glibc.close(descriptor) }
    var address = storage
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_storage>.size))
      }
    }
    guard status == 0, Glibc.listen(descriptor, 1) == 0 else {
      throw EventLoopError(code: -errno, operation: operation)
    }
  }

  /// Makes a socket for an address, with `SO_REUSEADDR`.
  private static func socket(
    host: String, port: Int, _ operation: String
  ) throws(EventLoopError) -> (descriptor: Int32, address: sockaddr_storage) {
    var storage = sockaddr_storage()
    let family: Int32 = host.contains(":") ? AF_INET6 : AF_INET
    let status = withUnsafeMutableBytes(of: &storage) { raw in
      family == AF_INET6
        ? uv_ip6_addr(
          host, Int32(port), raw.baseAddress!.assumingMemoryBound(to: sockaddr_in6.self))
        : uv_ip4_addr(host, Int32(port), raw.baseAddress!.assumingMemoryBound(to: sockaddr_in.self))
    }
    try EventLoopError.check(status, operation)
    let descriptor = Glibc.socket(
      family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw EventLoopError(code: -errno, operation: operation) }
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    return (descriptor, storage)
  }

  private static func bind(
    _ tcp: UnsafeMutablePointer<uv_tcp_t>, host: String, port: Int
  ) throws(EventLoopError) -> Int {
    let operation = "listen on \(SocketAddress.tcp(host: host, port: port))"
    var (descriptor, storage) = try socket(host: host, port: port, operation)
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, 4)
    let status = uv_tcp_open(tcp, descriptor)
    if status < 0 {
      Glibc.close(descriptor)
      throw EventLoopError(code: status, operation: operation)
    }
    return try withUnsafeMutableBytes(of: &storage) { raw throws(EventLoopError) in
      let address = raw.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      try EventLoopError.check(uv_tcp_bind(tcp, address, 0), operation)
      var length = Int32(raw.count)
      try EventLoopError.check(uv_tcp_getsockname(tcp, address, &length), operation)
      // The port lies at the same place, in network order, in both address families.
      return Int(UInt16(bigEndian: raw.load(fromByteOffset: 2, as: UInt16.self)))
    }
  }
}
