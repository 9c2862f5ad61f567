internal import EventLoop

/// How one server sees the cluster.
struct ClusterView: Equatable {
  /// Counts the cluster's failovers and other changes; the higher view is the newer one.
  let epoch: Int
  let topology: ClusterTopology

  /// What ``init(_:from:)`` reads the replies of, in this order.
  static let commands = [RedisCommand("CLUSTER", "INFO"), RedisCommand("CLUSTER", "SLOTS")]
}

extension ClusterView {
  /// Reads the replies to ``commands``.
  init(_ replies: [RedisValue], from server: SocketAddress) throws(RedisError) {
    for case .error(let error) in replies { throw error }
    guard replies.count == 2, let information = replies[0].text else {
      throw .protocolViolation("CLUSTER INFO answered no text")
    }
    let name = "cluster_current_epoch:"
    let line = information.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name) }
    epoch = line.flatMap { Int($0.dropFirst(name.count)) } ?? 0
    topology = try ClusterTopology(slots: replies[1], from: server)
    guard !topology.masters.isEmpty else {
      throw .protocolViolation("the server at \(server) knows no slots of a cluster")
    }
  }
}
