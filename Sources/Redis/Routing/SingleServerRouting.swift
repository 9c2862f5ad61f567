internal import EventLoop

/// One server, which all keys lead to. Loop-confined.
final class SingleServerRouting: RedisRouting {
  private let links: RedisLinkFactory
  private let client: RedisClient

  init(_ links: RedisLinkFactory, onChange: @escaping (RedisClient) -> Void) {
    self.links = links
    let client = links.client(at: links.configuration.address)
    self.client = client
    client.onStateChange = { [weak client] _ in client.map(onChange) }
  }

  func start() { client.start() }

  func close() { client.close() }

  func client(for key: UnsafeRawBufferPointer) -> RedisClient { client }

  func dedicatedClient(for key: UnsafeRawBufferPointer, name: String) -> RedisClient {
    links.client(at: links.configuration.address, name: name)
  }

  func subscriber(name: String) -> RedisSubscriber {
    RedisSubscriber(
      configuration: links.configuration, loop: links.loop, name: name, logger: links.logger,
      metrics: links.metrics)
  }

  var servers: [RedisClient] { [client] }
  var isResolved: Bool { true }
  var lastFailure: String? { client.lastFailure }
}
