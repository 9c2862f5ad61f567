public import EventLoop
public import Telemetry

/// The way to the Redis servers of one deployment: a server, a cluster, or a master that sentinels
/// name. Loop-confined.
///
/// ``client(for:)`` hands out the client of a key, which may be kept: when another server answers for
/// the key later, the client leads there from then on. Keys with one hash tag have one client, so that
/// whoever works on a cell or a room asks once for its client.
///
/// What a router promises is where a call goes, not that it is repeated: see ``RedisClient``.
public final class RedisRouter {
  public let configuration: RedisConfiguration
  public let loop: EventLoop
  public let name: String

  /// Told after each change of a client that ``client(for:)`` handed out: it was connected or lost, or
  /// leads to another server.
  public var onChange: ((RedisClient) -> Void)?

  private var routing: (any RedisRouting)!
  private let waiters = ReadinessWaiters()
  private var isClosed = false

  /// Makes a router; nothing happens until ``start()``. See ``RedisClient`` for the parameters.
  public init(
    configuration: RedisConfiguration, loop: EventLoop, name: String = "spillway",
    logger: Logger = Logger(label: "redis", sink: .none), metrics: MetricsRegistry? = nil
  ) {
    self.configuration = configuration
    self.loop = loop
    self.name = name
    let links = RedisLinkFactory(
      configuration: configuration, loop: loop, name: name, logger: logger, metrics: metrics)
    let onChange = { [weak self] (client: RedisClient) in
      guard let self else { return }
      changed(client)
    }
    switch configuration.deployment {
    case .server: routing = SingleServerRouting(links, onChange: onChange)
    case .cluster(let seeds): routing = ClusterRouting(links, seeds: seeds, onChange: onChange)
    case .sentinel(let sentinels):
      routing = SentinelRouting(links, sentinels, onChange: onChange)
    }
  }

  /// Begins to connect. Call ``close()`` before letting go of the router.
  public func start() { routing.start() }

  /// Ends all connections for good, but those of dedicated clients and subscribers.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    routing.close()
    waiters.resumeAll(.disconnected)
  }

  // MARK: Clients

  /// The client of the server that answers for `key`; the same for all keys of one hash tag. The
  /// router starts and closes it.
  public func client(for key: [UInt8]) -> RedisClient {
    key.withUnsafeBytes { routing.client(for: $0) }
  }

  public func client(for key: String) -> RedisClient {
    var key = key
    return key.withUTF8 { routing.client(for: UnsafeRawBufferPointer($0)) }
  }

  /// A client of the server that answers for `key` over a connection of its own, for calls that block.
  /// To be started and closed by the caller.
  public func dedicatedClient(for key: [UInt8], name: String) -> RedisClient {
    key.withUnsafeBytes { routing.dedicatedClient(for: $0, name: name) }
  }

  /// A subscriber that hears what is published on any of the servers. To be started and closed by
  /// the caller.
  public func subscriber(name: String) -> RedisSubscriber { routing.subscriber(name: name) }

  // MARK: Readiness

  /// A client for each server that answers for keys; none while it is not known which there are.
  public var servers: [RedisClient] { routing.servers }

  /// True when it is known which servers there are, and at least one is connected: its keys can be
  /// served.
  public var isReachable: Bool {
    routing.isResolved && routing.servers.contains { $0.state == .ready }
  }

  /// True when all servers are connected.
  public var isComplete: Bool {
    routing.isResolved && routing.servers.allSatisfy { $0.state == .ready }
  }

  /// What is not connected, one line each.
  public var waitingFor: [String] {
    guard routing.isResolved else {
      return ["redis at \(configuration): \(routing.lastFailure ?? "not connected")"]
    }
    return routing.servers.filter { $0.state != .ready }.map {
      "redis at \($0.address.map { "\($0)" } ?? "\(configuration)"): not connected"
    }
  }

  /// Why the last connection or attempt failed, for logs.
  public var lastFailure: String? {
    routing.lastFailure ?? routing.servers.lazy.compactMap(\.lastFailure).first
  }

  /// Returns once all servers are connected; throws like ``RedisClient/whenReady(deadline:)``.
  public func whenReady(deadline: Duration) async throws(RedisError) {
    if isClosed { throw .disconnected }
    let end = loop.milliseconds + deadline.milliseconds
    while !isComplete {
      let now = loop.milliseconds
      guard now < end else { throw .timedOut }
      try await waiters.wait(on: loop, deadline: .milliseconds(Int(end - now)))
    }
  }

  private func changed(_ client: RedisClient) {
    onChange?(client)
    if isComplete { waiters.resumeAll(nil) }
  }
}
