internal import Embedded

/// A master with a replica, and three sentinels that watch them, on the loopback.
public struct RedisSentinelNodes: Sendable {
  /// The first master, and its replica.
  public let servers: [RedisNode]
  public let sentinels: [RedisNode]
  private let folder: String

  public static let master = "sale"
  /// How many milliseconds the master may be silent before the sentinels promote its replica.
  public static let silence = 1_000

  public var url: String {
    let places = sentinels.map { "\($0.host):\($0.port)" }.joined(separator: ",")
    return "redis-sentinel://\(places)/\(Self.master)"
  }

  public static func start() async throws -> RedisSentinelNodes {
    let folder = TestFolder.make("sentinel")
    let ports = FreePorts.find(5)
    let servers = (0..<2).map { index in
      var lines = ["bind 127.0.0.1", "port \(ports[index])", "repl-diskless-sync-delay 0"]
      lines += ["repl-ping-replica-period 1"]
      if index == 1 { lines.append("replicaof 127.0.0.1 \(ports[0])") }
      return RedisNode(
        "server\(index)", port: ports[index],
        options: .init(fsync: .always, configuration: lines), in: folder)
    }
    let sentinels = (2..<5).map { index in
      var options = RedisServer.Options(configuration: [
        "bind 127.0.0.1", "port \(ports[index])",
        "sentinel monitor \(master) 127.0.0.1 \(ports[0]) 2",
        "sentinel down-after-milliseconds \(master) \(silence)",
        "sentinel failover-timeout \(master) 5000",
      ])
      options.role = .sentinel
      return RedisNode("sentinel\(index)", port: ports[index], options: options, in: folder)
    }
    for node in servers + sentinels { try await node.server.start() }
    let nodes = RedisSentinelNodes(servers: servers, sentinels: sentinels, folder: folder)
    try await nodes.untilWhole()
    return nodes
  }

  /// Waits until the replica copies and the sentinels know of it and of each other.
  public func untilWhole() async throws {
    try await eventually(within: .seconds(30), "the sentinels know all") {
      for sentinel in sentinels {
        let fields = try await sentinel.send("SENTINEL", "MASTER", Self.master).array ?? []
        func value(_ name: String) -> String? {
          fields.firstIndex { $0.text == name }.flatMap { fields[$0 + 1].text }
        }
        guard value("num-slaves") == "1", value("num-other-sentinels") == "2",
          value("flags") == "master"
        else { return false }
      }
      for server in servers where try await server.role() == "slave" {
        return try await server.field("master_link_status", of: "INFO", "replication") == "up"
      }
      return false
    }
  }

  public func stop() async {
    for node in sentinels + servers { node.server.kill() }
    for node in sentinels + servers { await node.server.stop() }
    TestFolder.remove(folder)
  }
}

/// Runs `body` with a watched master and its replica, which are gone afterwards.
public func withRedisSentinels<Result>(
  _ body: (RedisSentinelNodes) async throws -> Result
) async throws -> Result {
  let nodes = try await RedisSentinelNodes.start()
  do {
    let result = try await body(nodes)
    await nodes.stop()
    return result
  } catch {
    await nodes.stop()
    throw error
  }
}
