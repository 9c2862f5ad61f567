internal import EventLoop

/// The one master that sentinels name; all keys lead to it. Loop-confined.
///
/// Each connection asks the server for its role before it is used: a server that was a master is not
/// written to, nor are sentinels believed that have not heard of its fall.
final class SentinelRouting: RedisRouting, Redirector {
  private let discovery: SentinelDiscovery
  private let followers: LinkFollowers
  private let main: RedisClient
  private var master: SocketAddress?

  init(
    _ links: RedisLinkFactory, _ sentinels: RedisConfiguration.Sentinels,
    onChange: @escaping (RedisClient) -> Void
  ) {
    var watched = links
    watched.configuration.requiresMaster = true
    followers = LinkFollowers(watched)
    main = followers.client(slot: 0, name: links.name, at: nil)
    var watchers = links
    watchers.configuration.username = sentinels.username
    watchers.configuration.password = sentinels.password
    watchers.configuration.database = 0
    discovery = SentinelDiscovery(watchers, sentinels)
    main.redirector = self
    main.onStateChange = { [unowned self] state in
      onChange(main)
      if state == .connecting { discovery.hurry() }
    }
    followers.onErrorReply = { [unowned self] in refused($0, by: $1) }
    discovery.onMaster = { [unowned self] in lead(to: $0) }
    discovery.isSettled = { [unowned self] in main.state == .ready }
  }

  func start() { discovery.start() }

  func close() {
    discovery.close()
    main.close()
  }

  func client(for key: UnsafeRawBufferPointer) -> RedisClient { main }

  func dedicatedClient(for key: UnsafeRawBufferPointer, name: String) -> RedisClient {
    followers.client(slot: 0, name: name, at: master)
  }

  func subscriber(name: String) -> RedisSubscriber {
    followers.subscriber(name: name, at: master)
  }

  func client(at address: SocketAddress) -> RedisClient { main }

  var servers: [RedisClient] { [main] }
  var isResolved: Bool { master != nil }
  var lastFailure: String? { master == nil ? discovery.lastFailure : main.lastFailure }

  private func lead(to address: SocketAddress) {
    master = address
    followers.follow { _ in address }
    followers.move(to: address) { $0 == address }
  }

  /// A server that takes no writes is no master any more: whether it is, the next connection finds out.
  private func refused(_ reply: RedisReply, by address: SocketAddress) {
    guard reply.isError("READONLY") else { return }
    discovery.hurry()
    if main.address == address { main.link?.connection?.fail("the server is no master any more") }
  }
}
