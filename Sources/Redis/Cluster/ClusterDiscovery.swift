internal import EventLoop

/// Finds out which server of a cluster answers for which slots, again and again. Loop-confined.
final class ClusterDiscovery {
  /// Servers to be asked: those that are connected, and where else the cluster may be known.
  var candidates: () -> (connected: [ClusterNode], others: [SocketAddress]) = { ([], []) }
  /// Told what was found.
  var onView: (ClusterView) -> Void = { _ in }
  /// Whether nothing is missing, so that there is time.
  var isSettled: () -> Bool = { true }
  /// Why the server that was asked last gave no answer.
  private(set) var lastFailure: String?

  private let links: RedisLinkFactory
  private var known: ClusterView?
  private var isClosed = false
  private var generator = SystemRandomNumberGenerator()
  private var pace: DiscoveryPace!

  init(_ links: RedisLinkFactory) {
    self.links = links
    pace = DiscoveryPace(loop: links.loop) { [weak self] in await self?.look() ?? true }
  }

  func start() { pace.start() }

  func close() {
    isClosed = true
    pace.close()
  }

  /// Looks again soon: a server said that something has changed.
  func hurry() { pace.hurry() }

  private func look() async -> Bool {
    let view = await round()
    guard !isClosed else { return true }
    guard let view else { return false }
    lastFailure = nil
    known = view
    onView(view)
    return isSettled()
  }

  /// Asks one server after the other until one knows no less than was known before.
  ///
  /// A server that was cut off tells of times gone by. Only when most of them do, the cluster was
  /// made anew.
  private func round() async -> ClusterView? {
    let (connected, others) = candidates()
    var outdated: [ClusterView] = []
    for node in connected.shuffled(using: &generator) {
      guard let view = await ask(node), !isClosed else { continue }
      if view.epoch >= known?.epoch ?? 0 { return view }
      outdated.append(view)
    }
    for address in others.shuffled(using: &generator) where !isClosed {
      guard let view = await ask(address) else { continue }
      if view.epoch >= known?.epoch ?? 0 { return view }
      outdated.append(view)
    }
    let majority = (known?.topology.masters.count ?? 0) / 2 + 1
    return outdated.count >= majority ? outdated.max { $0.epoch < $1.epoch } : nil
  }

  private func ask(_ node: ClusterNode) async -> ClusterView? {
    guard let connection = node.link.connection else { return nil }
    return await ask(connection, at: node.address)
  }

  /// Asks over a connection that ends with the answer.
  private func ask(_ address: SocketAddress) async -> ClusterView? {
    do throws(RedisConnectFailure) {
      let connection = try await links.passingConnection(to: address)
      defer { connection.close() }
      return await ask(connection, at: address)
    } catch {
      lastFailure = "\(address): \(error)"
      return nil
    }
  }

  private func ask(_ connection: RedisConnection, at address: SocketAddress) async -> ClusterView? {
    let replies = await connection.replies(
      to: ClusterView.commands, timeout: links.configuration.connectTimeout.milliseconds)
    do throws(RedisError) {
      return try ClusterView(replies, from: address)
    } catch {
      lastFailure = "\(address): \(error)"
      return nil
    }
  }
}
