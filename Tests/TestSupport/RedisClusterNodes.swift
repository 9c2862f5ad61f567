public import Embedded
internal import Foundation
internal import Redis

/// A Redis Cluster of our own on the loopback: three masters, and a replica of each.
public struct RedisClusterNodes: Sendable {
  /// The masters, and behind them their replicas in the same order.
  public let nodes: [RedisNode]
  private let folder: String

  public static let masters = 3
  /// How many milliseconds a server may be silent before the others promote its replica: more than a machine
  /// stands still, since nobody else than a test is to kill servers.
  public static let nodeTimeout = 5_000

  /// Where clients find it.
  public var url: String {
    "redis-cluster://" + nodes.map { "\($0.host):\($0.port)" }.joined(separator: ",")
  }

  /// Starts the servers. They find the cluster's description as if they had been joined before, which
  /// spares the seconds that joining takes.
  public static func start(
    fsync: RedisServer.Fsync = .never, replicas: Int = 1
  ) async throws -> RedisClusterNodes {
    let folder = TestFolder.make("cluster")
    let count = masters * (1 + replicas)
    let ports = FreePorts.find(2 * count)
    let nodes = (0..<count).map { index in
      RedisNode(
        "node\(index)", port: ports[index],
        options: .init(
          fsync: fsync, configuration: lines(port: ports[index], busPort: ports[count + index])),
        in: folder)
    }
    for index in nodes.indices { try describe(ports, seenBy: index, in: "\(folder)/node\(index)") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for node in nodes { group.addTask { try await node.server.start() } }
      try await group.waitForAll()
    }
    let cluster = RedisClusterNodes(nodes: nodes, folder: folder)
    try await cluster.untilWhole()
    return cluster
  }

  private static func lines(port: Int, busPort: Int) -> [String] {
    [
      "bind 127.0.0.1", "port \(port)", "cluster-enabled yes", "cluster-port \(busPort)",
      "cluster-config-file nodes.conf", "cluster-node-timeout \(nodeTimeout)",
      "cluster-require-full-coverage no", "cluster-replica-validity-factor 0",
      "cluster-allow-replica-migration no", "repl-diskless-sync-delay 0",
      "repl-ping-replica-period 1",
    ]
  }

  /// Writes the `nodes.conf` of one server.
  private static func describe(_ ports: [Int], seenBy me: Int, in folder: String) throws {
    let count = ports.count / 2
    func name(_ index: Int) -> String { String(format: "%040x", ports[index]) }
    var text = ""
    for index in 0..<count {
      let isMaster = index < masters
      let master = index % masters
      let flags = (index == me ? "myself," : "") + (isMaster ? "master" : "slave")
      let first = index * HashSlot.count / masters
      let last = (index + 1) * HashSlot.count / masters - 1
      text += "\(name(index)) 127.0.0.1:\(ports[index])@\(ports[count + index]) \(flags) "
      text += "\(isMaster ? "-" : name(master)) 0 0 \(master + 1) connected"
      text += isMaster ? " \(first)-\(last)\n" : "\n"
    }
    text += "vars currentEpoch \(masters) lastVoteEpoch 0\n"
    let path = "\(folder)/data/nodes.conf"
    try FileManager.default.createDirectory(
      atPath: "\(folder)/data", withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    // The server runs as another user.
    chmod(path, 0o666)
  }

  /// Waits until each slot is served, each master has its replica, and all know of it.
  public func untilWhole() async throws {
    let replicas = nodes.count / Self.masters - 1
    try await settled("the cluster is whole") { node in
      guard try await node.field("cluster_state", of: "CLUSTER", "INFO") == "ok" else {
        return false
      }
      let ranges = try await node.send("CLUSTER", "SLOTS").array ?? []
      guard ranges.allSatisfy({ $0.array?.count == 3 + replicas }) else { return false }
      guard try await node.role() == "slave" else { return true }
      return try await node.field("master_link_status", of: "INFO", "replication") == "up"
    }
  }

  private func settled(
    _ what: String, _ condition: (RedisNode) async throws -> Bool
  ) async throws {
    try await eventually(within: .seconds(30), what) {
      for node in nodes where try await !condition(node) { return false }
      return true
    }
  }

  /// Starts the servers that were killed, and waits until all is well again.
  public func restore() async throws {
    for node in nodes where node.server.processIdentifier == nil { try await node.server.restart() }
    try await untilWhole()
  }

  // MARK: Moving

  /// Hands the slot of `key` to another server, key by key as an operator's tool does.
  ///
  /// - Parameter body: called while the slot is on its way: a half of its keys have gone.
  public func moveSlot(
    of key: String, from source: RedisNode, to target: RedisNode, _ body: () async throws -> Void
  ) async throws {
    let slot = HashSlot.of(key)
    let (sourceID, targetID) = (try await source.name(), try await target.name())
    try await target.send("CLUSTER", "SETSLOT", slot, "IMPORTING", sourceID)
    try await source.send("CLUSTER", "SETSLOT", slot, "MIGRATING", targetID)
    let count = try await source.send("CLUSTER", "COUNTKEYSINSLOT", slot).integer ?? 0
    try await migrate(slot, most: (count + 1) / 2, from: source, to: target)
    try await body()
    while try await migrate(slot, most: 100, from: source, to: target) > 0 {}
    for node in [target, source] + nodes where node.server.processIdentifier != nil {
      guard try await node.role() == "master" else { continue }
      try await node.send("CLUSTER", "SETSLOT", slot, "NODE", targetID)
    }
  }

  @discardableResult
  private func migrate(
    _ slot: Int, most: Int, from source: RedisNode, to target: RedisNode
  ) async throws -> Int {
    let keys = try await source.send("CLUSTER", "GETKEYSINSLOT", slot, most).array ?? []
    for key in keys.compactMap(\.bytes) {
      try await source.send("MIGRATE", target.host, target.port, key, 0, 5000)
    }
    return keys.count
  }

  // MARK: Looking

  /// The servers that copy `master`.
  public func replicas(of master: RedisNode) async throws -> [RedisNode] {
    var found: [RedisNode] = []
    for node in nodes where node.server.processIdentifier != nil {
      let role = try await node.send("ROLE")
      if role[0].text == "slave", role[2].integer == master.port { found.append(node) }
    }
    return found
  }

  /// The server that answers for the slot of `key`, as a server that lives tells.
  public func owner(of key: String) async throws -> RedisNode? {
    for node in nodes where node.server.processIdentifier != nil {
      guard let ranges = try? await node.send("CLUSTER", "SLOTS").array else { continue }
      let slot = HashSlot.of(key)
      let range = ranges.first { ($0[0].integer ?? 0)...($0[1].integer ?? 0) ~= slot }
      let port = range?[2][1].integer
      return nodes.first { $0.port == port }
    }
    return nil
  }

  /// Ends all servers at once.
  public func stop() async {
    for node in nodes { node.server.kill() }
    for node in nodes { await node.server.stop() }
    TestFolder.remove(folder)
  }
}

/// Runs `body` with a cluster of its own, which is gone afterwards.
public func withRedisCluster<Result>(
  fsync: RedisServer.Fsync = .never, replicas: Int = 1,
  _ body: (RedisClusterNodes) async throws -> Result
) async throws -> Result {
  let cluster = try await RedisClusterNodes.start(fsync: fsync, replicas: replicas)
  do {
    let result = try await body(cluster)
    await cluster.stop()
    return result
  } catch {
    await cluster.stop()
    throw error
  }
}
