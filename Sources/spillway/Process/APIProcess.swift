internal import API
internal import Domain
internal import EventLoop
internal import Services
internal import Telemetry

/// The API of one process: one loop a core, each with its own listener on the same port.
final class APIProcess: Sendable {
  struct Settings: Sendable {
    var node: Node.Configuration
    var keys: KeyRing
    /// The tenant whose tokens may carry platform roles, if there is one.
    var platformTenant: TenantID?
    var listen: ListenAddress
    var loops: Int
    var proxies = TrustedProxies()
  }

  /// How long requests in flight may take to end.
  static let drainDeadline = Duration.seconds(10)

  private struct Member: Sendable {
    let loop: EventLoop
    let api: LoopConfined<APILoop>
  }

  private let members: [Member]
  /// The address of the API, with the port that the kernel chose when 0 was asked for.
  let address: SocketAddress
  /// The address of the operations routes where they have a port of their own.
  let operationsAddress: SocketAddress?

  private init(members: [Member], listen: ListenAddress) {
    self.members = members
    address = .tcp(host: listen.host, port: listen.port)
    operationsAddress = listen.opsPort.map { .tcp(host: listen.host, port: $0) }
  }

  /// Listens on all loops; returns without waiting for Redis or Postgres.
  static func start(
    _ settings: Settings, logger: Logger, metrics: MetricsRegistry
  ) async throws -> APIProcess {
    var members: [Member] = []
    var listen = settings.listen
    for index in 0..<settings.loops {
      let loop = EventLoop.start(name: "api-\(index)")
      let here = listen
      do {
        let api = try await loop.submit {
          LoopConfined(
            try APILoop(
              configuration: settings.node, keys: settings.keys,
              platformTenant: settings.platformTenant,
              server: .init(
                address: .tcp(host: here.host, port: here.port),
                operationsAddress: here.opsPort.map { .tcp(host: here.host, port: $0) },
                proxies: settings.proxies),
              loop: loop, logger: logger, metrics: metrics))
        }
        members.append(Member(loop: loop, api: api))
      } catch {
        loop.stop()
        await drain(members, deadline: .zero)
        throw error
      }
      // The first loop's choice of a port is the others' too.
      listen.port = await Self.port(members[0]) { $0.server.address }
      if listen.opsPort != nil {
        listen.opsPort = await Self.port(members[0]) { $0.server.operationsAddress }
      }
    }
    return APIProcess(members: members, listen: listen)
  }

  private static func port(
    _ member: Member, _ address: @escaping @Sendable (APILoop) -> SocketAddress
  ) async -> Int {
    let found = try? await member.loop.submit { address(member.api.value) }
    guard case .tcp(_, let port)? = found else { return 0 }
    return port
  }

  /// What keeps the process from serving, one line each; empty when it is ready.
  func waitingFor() async -> [String] {
    var reasons: [String] = []
    for member in members {
      reasons += (try? await member.loop.submit { member.api.value.node.waitingFor }) ?? []
    }
    var seen = Set<String>()
    return reasons.filter { seen.insert($0).inserted }
  }

  /// Announces when the API is ready, and ends service in order when the process is asked to end.
  func serve(until stop: StopRequest, logger: Logger) async {
    Announcement.listening(self, logger: logger)
    let ready = Task {
      await ReadyWait.wait(logger: logger) { await self.waitingFor() }
      if !Task.isCancelled { Announcement.ready(self, logger: logger) }
    }
    await stop.wait()
    ready.cancel()
    logger.info("stopping")
    await Self.drain(members, deadline: Self.drainDeadline)
  }

  /// Ends service in order, on the loops that it hangs on.
  private static func drain(_ members: [Member], deadline: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      for member in members {
        group.addTask {
          try? await member.loop.submit { await member.api.value.drain(deadline: deadline) }
          member.loop.stop()
        }
      }
    }
  }
}
