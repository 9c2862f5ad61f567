internal import EventLoop

/// Clients and subscribers with connections of their own, which are led to other servers when a
/// deployment changes. Loop-confined.
final class LinkFollowers {
  /// Told of each error that a server answers to one of the clients.
  var onErrorReply: ((RedisReply, SocketAddress) -> Void)?

  private struct FollowingClient {
    weak var client: RedisClient?
    let slot: Int
    let name: String
  }

  private struct FollowingSubscriber {
    weak var subscriber: RedisSubscriber?
    let name: String
  }

  private let links: RedisLinkFactory
  private var clients: [FollowingClient] = []
  private var subscribers: [FollowingSubscriber] = []

  init(_ links: RedisLinkFactory) { self.links = links }

  /// Makes a client for `slot`, which is served at `address` if that is known.
  func client(slot: Int, name: String, at address: SocketAddress?) -> RedisClient {
    let client = links.unlinkedClient(name: name)
    clients.append(FollowingClient(client: client, slot: slot, name: name))
    lead(client, name, to: address)
    return client
  }

  func subscriber(name: String, at address: SocketAddress?) -> RedisSubscriber {
    let subscriber = RedisSubscriber(unlinked: links.loop)
    subscribers.append(FollowingSubscriber(subscriber: subscriber, name: name))
    lead(subscriber, name, to: address)
    return subscriber
  }

  /// Leads each client to where its slot is served now.
  func follow(_ owner: (_ slot: Int) -> SocketAddress?) {
    clients.removeAll { $0.client == nil || $0.client?.state == .closed }
    for following in clients {
      if let client = following.client { lead(client, following.name, to: owner(following.slot)) }
    }
  }

  /// Leads each subscriber whose server does not serve any more to `address`.
  func move(to address: SocketAddress?, unless isServing: (SocketAddress) -> Bool) {
    guard let address else { return }
    subscribers.removeAll { $0.subscriber == nil || $0.subscriber?.state == .closed }
    for following in subscribers {
      guard let subscriber = following.subscriber else { continue }
      if let current = subscriber.link?.configuration.address, isServing(current) { continue }
      lead(subscriber, following.name, to: address)
    }
  }

  private func lead(_ client: RedisClient, _ name: String, to address: SocketAddress?) {
    guard client.address != address else { return }
    guard let address else { return client.lead(over: nil, owned: false) }
    let link = links.link(to: address, name: name)
    link.onErrorReply = { [weak self] reply in self?.onErrorReply?(reply, address) }
    client.lead(over: link, owned: true)
    link.start()
  }

  private func lead(_ subscriber: RedisSubscriber, _ name: String, to address: SocketAddress?) {
    guard let address, subscriber.link?.configuration.address != address else { return }
    let link = links.link(to: address, name: name)
    subscriber.lead(over: link)
    link.start()
  }
}
