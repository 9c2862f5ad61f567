internal import EventLoop
internal import Telemetry

/// Asks sentinels where the master is, again and again, and hears from them when it moves.
/// Loop-confined.
final class SentinelDiscovery {
  /// Told where the master is.
  var onMaster: (SocketAddress) -> Void = { _ in }
  /// Whether the master is connected, so that there is time.
  var isSettled: () -> Bool = { true }
  private(set) var lastFailure: String?

  /// What sentinels publish when they have promoted a replica.
  private static let switched = "+switch-master"

  private let links: RedisLinkFactory
  private let sentinels: RedisConfiguration.Sentinels
  private var subscribers: [RedisSubscriber] = []
  private var epoch = 0
  private var isClosed = false
  private var pace: DiscoveryPace!

  /// - Parameter links: makes connections to sentinels.
  init(_ links: RedisLinkFactory, _ sentinels: RedisConfiguration.Sentinels) {
    self.links = links
    self.sentinels = sentinels
    pace = DiscoveryPace(loop: links.loop) { [weak self] in await self?.look() ?? true }
  }

  func start() {
    for address in sentinels.addresses {
      let subscriber = RedisSubscriber(
        configuration: links.configuration.server(at: address), loop: links.loop,
        name: "\(links.name)-sentinel", logger: links.logger, metrics: links.metrics)
      subscriber.subscribe(Self.switched) { [weak self] _, message in self?.heard(message) }
      subscriber.onGap = { [weak self] in self?.pace.hurry() }
      subscriber.start()
      subscribers.append(subscriber)
    }
    pace.start()
  }

  func close() {
    isClosed = true
    pace.close()
    for subscriber in subscribers { subscriber.close() }
  }

  func hurry() { pace.hurry() }

  /// Takes `<name> <old host> <old port> <new host> <new port>`. It is a hint only: the sentinels are
  /// asked, since one that was cut off may tell of times gone by.
  private func heard(_ message: UnsafeRawBufferPointer) {
    let words = String(decoding: message, as: UTF8.self).split(separator: " ")
    if words.first.map(String.init) == sentinels.master { pace.hurry() }
  }

  private func look() async -> Bool {
    let views = await views()
    guard !isClosed else { return true }
    let believed = SentinelView.believed(
      among: views, of: sentinels.addresses.count, knowing: epoch)
    guard let believed else { return false }
    epoch = believed.epoch
    lastFailure = nil
    onMaster(believed.master)
    return isSettled()
  }

  /// Asks all sentinels at once; what those tell that answer.
  private func views() async -> [SentinelView] {
    let asking = sentinels.addresses.map { address in
      let answer = Answer()
      let task = links.loop.spawn { [weak self] in answer.view = await self?.ask(address) }
      return (task, answer)
    }
    var views: [SentinelView] = []
    for (task, answer) in asking {
      await task.value
      if let view = answer.view { views.append(view) }
    }
    return views
  }

  private final class Answer { var view: SentinelView? }

  private func ask(_ address: SocketAddress) async -> SentinelView? {
    do throws(RedisConnectFailure) {
      let connection = try await links.passingConnection(to: address)
      defer { connection.close() }
      let replies = await connection.replies(
        to: [SentinelView.command(master: sentinels.master)],
        timeout: links.configuration.connectTimeout.milliseconds)
      do throws(RedisError) {
        return try SentinelView(replies[0])
      } catch {
        lastFailure = "sentinel at \(address): \(error)"
      }
    } catch {
      lastFailure = "sentinel at \(address): \(error)"
    }
    return nil
  }
}
