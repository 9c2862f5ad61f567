internal import EventLoop

/// A line between a process and a server.
struct ChaosLink: Hashable, Sendable, CustomStringConvertible {
  enum Server: String, CaseIterable, Sendable {
    case redis, postgres
  }

  let process: ChaosPart
  let server: Server

  var description: String { "\(process)–\(server.rawValue)" }
}

/// All lines of an installation. Loop-confined.
final class ChaosLinks {
  private var links: [ChaosLink: FaultyLink] = [:]
  private let loop: EventLoop
  private let targets: [ChaosLink.Server: SocketAddress]

  /// - Parameter targets: where each server is reached.
  init(_ targets: [ChaosLink.Server: SocketAddress], loop: EventLoop) {
    self.targets = targets
    self.loop = loop
  }

  subscript(link: ChaosLink) -> FaultyLink? { links[link] }

  /// Puts lines between a process and both servers.
  ///
  /// - Returns: the options that have it use them.
  /// - Throws: `EventLoopError` when there is no port to listen on.
  func connect(_ process: ChaosPart) throws -> [String] {
    var ports: [ChaosLink.Server: Int] = [:]
    for server in ChaosLink.Server.allCases {
      guard let target = targets[server] else { continue }
      let link = try FaultyLink(to: { target }, loop: loop)
      links[ChaosLink(process: process, server: server)] = link
      ports[server] = link.port
    }
    return [
      "--redis-url", "redis://127.0.0.1:\(ports[.redis] ?? 0)", "--database-url",
      "postgresql://spillway@127.0.0.1:\(ports[.postgres] ?? 0)/spillway"
        + "?sslmode=disable&gssencmode=disable",
    ]
  }

  func close() {
    for link in links.values { link.close() }
    links = [:]
  }
}
