internal import EventLoop

/// Knows the servers that redirects name. It hears of each error that a server answers before the
/// caller does, and leads clients elsewhere by itself.
protocol Redirector: AnyObject {
  /// A client of one server, whatever slots it has.
  func client(at address: SocketAddress) -> RedisClient
}
