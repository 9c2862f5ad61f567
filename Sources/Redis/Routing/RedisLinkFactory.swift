internal import EventLoop
internal import Telemetry

/// Makes connections to the servers of one deployment, all alike.
struct RedisLinkFactory {
  var configuration: RedisConfiguration
  let loop: EventLoop
  let name: String
  let logger: Logger
  let metrics: MetricsRegistry?

  func link(to address: SocketAddress, name: String? = nil) -> RedisLink {
    RedisLink(
      configuration: configuration.server(at: address), loop: loop, name: name ?? self.name,
      logger: logger, metrics: metrics, isOneOfMany: true)
  }

  func client(at address: SocketAddress, name: String? = nil) -> RedisClient {
    RedisClient(
      configuration: configuration.server(at: address), loop: loop, name: name ?? self.name,
      logger: logger, metrics: metrics)
  }

  /// A connection for a question or two, to be closed by the caller.
  func passingConnection(to address: SocketAddress) async throws(RedisConnectFailure)
    -> RedisConnection
  {
    try await RedisHandshake.connect(
      configuration.server(at: address), name: name, loop: loop,
      metrics: RedisMetrics(nil, client: name)
    ).0
  }

  /// A client that leads nowhere yet.
  func unlinkedClient(name: String? = nil) -> RedisClient {
    RedisClient(
      unlinked: configuration.server(at: configuration.address), loop: loop,
      name: name ?? self.name)
  }
}
