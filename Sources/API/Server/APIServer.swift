public import Domain
public import EventLoop
public import HTTP
public import Services
public import Telemetry

/// The API on one event loop: routes from the table, a listener, and a second listener where
/// operations have a port of their own. Loop-confined.
public final class APIServer {
  /// What a server is made from.
  public struct Configuration: Sendable {
    public var address: SocketAddress
    /// Where the operations routes are served; with the API where there is none.
    public var operationsAddress: SocketAddress?
    public var limits: HTTPServer.Configuration
    /// Whose word for the client's address is taken.
    public var proxies: TrustedProxies

    public init(
      address: SocketAddress, operationsAddress: SocketAddress? = nil,
      limits: HTTPServer.Configuration = HTTPServer.Configuration(),
      proxies: TrustedProxies = TrustedProxies()
    ) {
      self.proxies = proxies
      self.address = address
      self.operationsAddress = operationsAddress
      self.limits = limits
    }
  }

  /// The parts of the program that a server reports from.
  public struct Surroundings {
    let logger: Logger
    let metrics: MetricsRegistry
    let clock: WallClock
    let readiness: () -> Readiness

    /// - Parameter readiness: whether the program can serve, and what it lacks.
    public init(
      logger: Logger, metrics: MetricsRegistry, clock: WallClock,
      readiness: @escaping () -> Readiness
    ) {
      self.logger = logger
      self.metrics = metrics
      self.clock = clock
      self.readiness = readiness
    }
  }

  private let servers: [HTTPServer]
  private let operations: OperationsHandler

  /// Listens. Call it on the loop.
  ///
  /// - Parameters:
  ///   - table: all routes.
  ///   - services: what their handlers are made from.
  ///   - gate: finds tenants and principals.
  /// - Throws: `EventLoopError` if an address cannot be listened on.
  public init<Services>(
    _ table: RouteTable<Services>, services: Services, gate: RequestGate,
    surroundings: Surroundings, configuration: Configuration, loop: EventLoop
  ) throws(EventLoopError) {
    let observer = RequestObserver(
      loop: loop, logger: surroundings.logger, metrics: surroundings.metrics)
    let operations = OperationsHandler(
      metrics: surroundings.metrics, readiness: surroundings.readiness,
      document: table.document.json)
    self.operations = operations
    let routes = table.routes.map { route in
      BoundRoute(
        route.description, handler: route.handler(services),
        metrics: RouteMetrics(
          route: route.description.pattern, method: route.description.method.description,
          registry: surroundings.metrics),
        rateNumber: route.description.needsTenant
          ? gate.rates?.register(route.description.rateRoute) : nil)
    }
    let rates = gate.rates.map {
      RateStep(limiter: $0, clients: ClientAddressReader(configuration.proxies))
    }
    func listen(
      on address: SocketAddress, where isServed: (RouteDescription.Listener) -> Bool
    ) throws(EventLoopError) -> HTTPServer {
      let pipeline = RequestPipeline(
        routes: routes.filter { isServed($0.description.listener) }, gate: gate, rates: rates,
        operations: operations, observer: observer, loop: loop, clock: surroundings.clock)
      return try Self.listen(on: address, pipeline, configuration.limits, loop)
    }
    if let operationsAddress = configuration.operationsAddress {
      let first = try listen(on: configuration.address) { $0 != .operations }
      do throws(EventLoopError) {
        servers = [first, try listen(on: operationsAddress) { $0 != .public }]
      } catch {
        first.close()
        throw error
      }
    } else {
      servers = [try listen(on: configuration.address) { _ in true }]
    }
  }

  /// The address of the API, with the port that the kernel chose when 0 was asked for.
  public var address: SocketAddress { servers[0].address }

  /// The address of the operations routes.
  public var operationsAddress: SocketAddress { servers[servers.count - 1].address }

  /// Connections that are open now.
  public var connectionCount: Int { servers.reduce(0) { $0 + $1.connectionCount } }

  /// Accepts no more connections, lets requests in flight end, and returns when all connections are
  /// gone; after `deadline` they are cut. The operations port is the last to go; until then it says
  /// that the program is not ready.
  public func drain(deadline: Duration) async {
    operations.isDraining = true
    for server in servers { await server.drain(deadline: deadline) }
  }

  /// Ends service at once.
  public func close() {
    for server in servers { server.close() }
  }

  private static func listen(
    on address: SocketAddress, _ pipeline: RequestPipeline, _ limits: HTTPServer.Configuration,
    _ loop: EventLoop
  ) throws(EventLoopError) -> HTTPServer {
    let server = try HTTPServer(on: address, loop: loop, configuration: limits) {
      pipeline.handle($0)
    }
    server.errorResponse = { pipeline.response(to: $0, of: $1) }
    server.deadlineResponse = { pipeline.deadlineResponse(to: $0) }
    server.onFinish = { pipeline.serverFinished($0, status: $1, nanoseconds: $2) }
    return server
  }
}
