internal import EventLoop

/// Where one sentinel sees the master.
struct SentinelView: Equatable {
  /// Counts the failovers; the higher view is the newer one.
  let epoch: Int
  let master: SocketAddress

  static func command(master name: String) -> RedisCommand {
    RedisCommand("SENTINEL", "MASTER", name)
  }

  /// Reads the reply to `SENTINEL MASTER`: names and values in turn.
  init(_ reply: RedisValue) throws(RedisError) {
    if case .error(let error) = reply { throw error }
    var fields: [String: String] = [:]
    let words = reply.array ?? []
    for index in stride(from: 0, to: words.count - 1, by: 2) {
      if let name = words[index].text { fields[name] = words[index + 1].text }
    }
    guard let host = fields["ip"], let port = fields["port"].flatMap({ Int($0) }),
      (1...65_535).contains(port), !host.isEmpty
    else { throw .protocolViolation("SENTINEL MASTER names no address") }
    master = .tcp(host: host, port: port)
    epoch = fields["config-epoch"].flatMap { Int($0) } ?? 0
  }
}

extension SentinelView {
  /// The view that counts: that of the latest failover, if it is not before the one that is known.
  ///
  /// A sentinel that was cut off tells of times gone by. Only when most of all sentinels do, and name the
  /// same master, they were set up anew.
  static func believed(
    among views: [SentinelView], of sentinels: Int, knowing epoch: Int
  ) -> SentinelView? {
    // Of two that know the same, the one that stands last.
    if let latest = views.reversed().max(by: { $0.epoch < $1.epoch }), latest.epoch >= epoch {
      return latest
    }
    let majority = sentinels / 2 + 1
    return views.filter { candidate in
      views.count { $0.master == candidate.master } >= majority
    }.max { $0.epoch < $1.epoch }
  }
}
