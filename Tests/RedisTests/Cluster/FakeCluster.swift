import EventLoop
import TestSupport

@testable import Redis

/// Servers that a test has behave as a cluster. Loop-confined.
///
/// Each answers `GET` with its own number for the slots that it has, and with `MOVED` for others.
final class FakeCluster {
  let servers: [FakeRedisServer]
  /// The server of each slot, as those who are asked tell it.
  var owners: [Int?]
  /// The server of each slot as it is, where it differs.
  var reality: [Int: Int] = [:]
  var epoch = 1
  /// Answers instead of the server, if it answers.
  var onCommand: (_ server: Int, _ words: [String]) -> String? = { _, _ in nil }

  init(loop: EventLoop, count: Int) throws {
    servers = try (0..<count).map { _ in
      try FakeRedisServer(on: .tcp(host: "127.0.0.1", port: 0), loop: loop)
    }
    owners = (0..<HashSlot.count).map { $0 * count / HashSlot.count }
    for (index, server) in servers.enumerated() {
      server.onCommand = { [unowned self] in answer($0, by: index) }
    }
  }

  func close() { for server in servers { server.close() } }

  var configuration: RedisConfiguration {
    var configuration = servers[0].configuration
    configuration.deployment = .cluster(seeds: servers.map(\.configuration.address))
    return configuration
  }

  /// A key in the slots of a server.
  func key(of server: Int) -> String {
    (0...).lazy.map { "key\($0)" }.first { owners[HashSlot.of($0)] == server }!
  }

  func port(_ server: Int) -> Int {
    guard case .tcp(_, let port) = servers[server].configuration.address else { return 0 }
    return port
  }

  /// How often servers were asked for the layout.
  var looks: Int { servers.reduce(0) { $0 + $1.commands.count { $0 == ["CLUSTER", "SLOTS"] } } }

  private func answer(_ words: [String], by server: Int) -> String {
    if let answer = onCommand(server, words) { return answer }
    switch words[0] {
    case "CLUSTER" where words[1] == "INFO":
      let text = "cluster_state:ok\r\ncluster_current_epoch:\(epoch)\r\n"
      return "$\(text.utf8.count)\r\n\(text)\r\n"
    case "CLUSTER": return layout
    case "ASKING": return "+OK\r\n"
    case "GET":
      let slot = HashSlot.of(words[1])
      guard let owner = reality[slot] ?? owners[slot] else { return "-CLUSTERDOWN not served\r\n" }
      return owner == server ? ":\(server)\r\n" : "-MOVED \(slot) 127.0.0.1:\(port(owner))\r\n"
    default: return "-ERR unknown command\r\n"
    }
  }

  private var layout: String {
    var ranges: [String] = []
    var first = 0
    for slot in 1...HashSlot.count where slot == HashSlot.count || owners[slot] != owners[first] {
      if let owner = owners[first] {
        let id = "$1\r\n\(owner)\r\n"
        ranges.append(
          "*3\r\n:\(first)\r\n:\(slot - 1)\r\n*3\r\n$9\r\n127.0.0.1\r\n:\(port(owner))\r\n\(id)")
      }
      first = slot
    }
    return "*\(ranges.count)\r\n" + ranges.joined()
  }
}

/// Runs `body` with a fake cluster and a router that is ready.
func withFakeCluster<Result: Sendable>(
  _ count: Int = 3, _ body: @escaping @Sendable (FakeCluster, RedisRouter) async throws -> Result
) async throws -> Result {
  try await withEventLoop { loop in
    let cluster = try FakeCluster(loop: loop, count: count)
    defer { cluster.close() }
    let router = RedisRouter(configuration: cluster.configuration, loop: loop)
    router.start()
    defer { router.close() }
    try await router.whenReady(deadline: .seconds(60))
    return try await body(cluster, router)
  }
}
