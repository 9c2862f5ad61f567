internal import EventLoop

/// The servers of a cluster: each key leads to the one that answers for its slot. Loop-confined.
final class ClusterRouting: RedisRouting, Redirector {
  private let links: RedisLinkFactory
  private let seeds: [SocketAddress]
  private let onChange: (RedisClient) -> Void
  private let discovery: ClusterDiscovery
  private let followers: LinkFollowers
  private var topology: ClusterTopology?
  private var nodes: [SocketAddress: ClusterNode] = [:]
  /// By slot.
  private var clients: [Int: RedisClient] = [:]

  init(
    _ links: RedisLinkFactory, seeds: [SocketAddress], onChange: @escaping (RedisClient) -> Void
  ) {
    self.links = links
    self.seeds = seeds
    self.onChange = onChange
    discovery = ClusterDiscovery(links)
    followers = LinkFollowers(links)
    followers.onErrorReply = { [unowned self] in refused($0, by: $1) }
    discovery.candidates = { [unowned self] in candidates }
    discovery.onView = { [unowned self] in take($0.topology) }
    discovery.isSettled = { [unowned self] in isSettled }
  }

  func start() { discovery.start() }

  func close() {
    discovery.close()
    for client in clients.values { client.close() }
    for node in nodes.values { node.close() }
    nodes = [:]
  }

  // MARK: Clients

  func client(for key: UnsafeRawBufferPointer) -> RedisClient {
    let slot = HashSlot.of(key)
    if let client = clients[slot] { return client }
    let client = links.unlinkedClient()
    client.redirector = self
    clients[slot] = client
    client.lead(over: link(for: slot), owned: false)
    client.onStateChange = { [unowned self, unowned client] _ in onChange(client) }
    return client
  }

  func dedicatedClient(for key: UnsafeRawBufferPointer, name: String) -> RedisClient {
    let slot = HashSlot.of(key)
    return followers.client(slot: slot, name: name, at: topology?[slot])
  }

  func subscriber(name: String) -> RedisSubscriber {
    followers.subscriber(name: name, at: aConnectedServer)
  }

  func client(at address: SocketAddress) -> RedisClient { node(at: address).client }

  private func link(for slot: Int) -> RedisLink? {
    topology?[slot].flatMap { nodes[$0]?.link }
  }

  // MARK: Reports

  var servers: [RedisClient] {
    (topology?.masters ?? []).compactMap { nodes[$0]?.client }
  }

  var isResolved: Bool { topology != nil }
  var lastFailure: String? { topology == nil ? discovery.lastFailure : nil }

  private var isSettled: Bool {
    guard let topology else { return false }
    return topology.isCovered && topology.masters.allSatisfy { nodes[$0]?.isReady ?? false }
  }

  // MARK: Topology

  private var candidates: (connected: [ClusterNode], others: [SocketAddress]) {
    let connected = (topology?.masters ?? []).compactMap { nodes[$0] }.filter(\.isReady)
    let asked = Set(connected.map(\.address))
    let others = Set((topology?.servers ?? []) + seeds).subtracting(asked)
    return (connected, Array(others))
  }

  private func take(_ next: ClusterTopology) {
    topology = next
    for master in next.masters { _ = node(at: master) }
    for (slot, client) in clients { client.lead(over: link(for: slot), owned: false) }
    followers.follow { next[$0] }
    for address in nodes.keys where !next.masters.contains(address) {
      nodes.removeValue(forKey: address)?.close()
    }
    followers.move(to: aConnectedServer) { [nodes] in nodes[$0]?.isReady ?? false }
    // Whoever waits for all servers may have waited for one that serves no more.
    if let server = servers.first { onChange(server) }
  }

  /// Takes word that another server answers for a slot.
  private func moved(_ slot: Int, to address: SocketAddress) {
    guard topology != nil, topology?[slot] != address else { return }
    topology?.assign(slot...slot, to: address)
    let link = node(at: address).link
    clients[slot]?.lead(over: link, owned: false)
    if let topology { followers.follow { topology[$0] } }
  }

  private func node(at address: SocketAddress) -> ClusterNode {
    if let node = nodes[address] { return node }
    let node = ClusterNode(links, address: address)
    nodes[address] = node
    node.link.onStateChange = { [unowned self, unowned node] in changed(node, $0) }
    node.link.onErrorReply = { [unowned self] in refused($0, by: address) }
    node.link.start()
    return node
  }

  // MARK: What servers tell

  private func changed(_ node: ClusterNode, _ state: RedisClient.State) {
    for client in clients.values where client.link === node.link { client.stateChanged(state) }
    node.client.stateChanged(state)
    onChange(node.client)
    followers.move(to: aConnectedServer) { [nodes] in nodes[$0]?.isReady ?? false }
    if state == .connecting { discovery.hurry() }
  }

  private func refused(_ reply: RedisReply, by address: SocketAddress) {
    guard let failure = reply.failure, let redirect = Redirect(failure, from: address) else {
      return
    }
    switch redirect {
    case .moved(let slot, let owner):
      moved(slot, to: owner)
      discovery.hurry()
    case .later: discovery.hurry()
    case .ask: break
    }
  }

  /// Where subscribers may listen: what one server publishes, all tell.
  private var aConnectedServer: SocketAddress? {
    nodes.values.filter(\.isReady).randomElement()?.address
  }
}
