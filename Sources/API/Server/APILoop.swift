public import Domain
public import EventLoop
public import Services
public import Telemetry

/// An API on one event loop with all that it needs: a node, the memory of verified tokens, a server.
/// Loop-confined.
public final class APILoop {
  public let node: Node
  public let server: APIServer
  private let tokens: TokenCache

  /// Listens and begins to connect; until Redis, Postgres and the cells are there, requests are
  /// answered with 503. Call it on the loop.
  ///
  /// - Parameters:
  ///   - keys: what access tokens are checked with.
  ///   - platformTenant: the tenant whose tokens may carry platform roles.
  /// - Throws: `EventLoopError` if an address cannot be listened on.
  public init(
    configuration: Node.Configuration, keys: KeyRing, platformTenant: TenantID? = nil,
    server: APIServer.Configuration, loop: EventLoop, logger: Logger, metrics: MetricsRegistry,
    clock: WallClock = .system
  ) throws(EventLoopError) {
    let node = Node(
      configuration: configuration, loop: loop, logger: logger, metrics: metrics, clock: clock)
    let tokens = TokenCache(
      verifier: TokenVerifier(ring: keys, platformTenant: platformTenant), metrics: metrics)
    self.node = node
    self.tokens = tokens
    let gate = RequestGate(
      tenant: { host in
        if let tenant = node.tenants.find(host) { return .tenant(tenant) }
        return node.tenants.isLoaded ? .unknown : .unavailable
      },
      principal: { token, tenant in
        // The memory counts refusals by their reason; a client is told none.
        try? tokens.verify(bytes: token, tenant: tenant.id, now: clock.now()).get()
      }, rates: node.rateLimiter,
      idempotency: node.idempotency)
    self.server = try APIServer(
      SpillwayRoutes.table, services: node, gate: gate,
      surroundings: .init(
        logger: logger, metrics: metrics, clock: clock, readiness: { node.readiness }),
      configuration: server, loop: loop)
    node.start()
  }

  /// Ends service in order: requests in flight are answered, for at most `deadline`.
  public func drain(deadline: Duration) async {
    await server.drain(deadline: deadline)
    node.stop()
  }
}
