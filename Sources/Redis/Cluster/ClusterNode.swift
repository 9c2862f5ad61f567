internal import EventLoop

/// A server of a cluster that answers for slots, and the connection that the clients of all its slots
/// share. Loop-confined.
final class ClusterNode {
  let address: SocketAddress
  let link: RedisLink
  /// For calls to the server itself, whatever the slot.
  let client: RedisClient

  init(_ links: RedisLinkFactory, address: SocketAddress) {
    self.address = address
    link = links.link(to: address)
    client = links.unlinkedClient()
    client.lead(over: link, owned: false)
  }

  var isReady: Bool { link.state == .ready }

  func close() {
    link.onStateChange = nil
    link.onErrorReply = nil
    client.close()
    link.close()
  }
}
