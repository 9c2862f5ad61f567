import EventLoop
import TestSupport

@testable import Redis

/// Sentinels that a test has tell what it likes, and servers that all believe to be masters. Loop-confined.
///
/// Each server answers `GET` with its own number.
final class FakeSentinels {
  let sentinels: [FakeRedisServer]
  let servers: [FakeRedisServer]
  /// The epoch and the number of the master that each sentinel tells of.
  var views: [(epoch: Int, master: Int)]

  private static let master = "sale"

  init(loop: EventLoop, sentinels count: Int, servers serverCount: Int) throws {
    func make(_ count: Int) throws -> [FakeRedisServer] {
      try (0..<count).map { _ in
        try FakeRedisServer(on: .tcp(host: "127.0.0.1", port: 0), loop: loop)
      }
    }
    sentinels = try make(count)
    servers = try make(serverCount)
    views = Array(repeating: (1, 0), count: count)
    for (index, sentinel) in sentinels.enumerated() {
      sentinel.onCommand = { [unowned self] in tell($0, by: index) }
    }
    for (index, server) in servers.enumerated() {
      server.onCommand = { words in
        words[0] == "ROLE" ? "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n" : ":\(index)\r\n"
      }
    }
  }

  func close() { for server in sentinels + servers { server.close() } }

  var configuration: RedisConfiguration {
    var configuration = sentinels[0].configuration
    configuration.deployment = .sentinel(
      .init(addresses: sentinels.map(\.configuration.address), master: Self.master))
    return configuration
  }

  /// How often the sentinel of that number was asked for the master.
  func looks(at sentinel: Int) -> Int {
    sentinels[sentinel].commands.count { $0.first == "SENTINEL" }
  }

  /// Has one sentinel publish that the master moved.
  func publish(by sentinel: Int) {
    let (channel, message) = ("+switch-master", "\(Self.master) 127.0.0.1 1 127.0.0.1 2")
    sentinels[sentinel].broadcast(
      "*3\r\n$7\r\nmessage\r\n$\(channel.utf8.count)\r\n\(channel)\r\n"
        + "$\(message.utf8.count)\r\n\(message)\r\n")
  }

  private func tell(_ words: [String], by sentinel: Int) -> String {
    switch words[0] {
    case "SUBSCRIBE":
      return "*3\r\n$9\r\nsubscribe\r\n$\(words[1].utf8.count)\r\n\(words[1])\r\n:1\r\n"
    case "SENTINEL":
      guard case .tcp(_, let port) = servers[views[sentinel].master].configuration.address else {
        return "-ERR no port\r\n"
      }
      let fields = [
        "ip", "127.0.0.1", "port", "\(port)", "config-epoch", "\(views[sentinel].epoch)",
      ]
      return "*\(fields.count)\r\n"
        + fields.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
    default: return "-ERR unknown command\r\n"
    }
  }
}

/// Runs `body` with fake sentinels that all tell of the first server, and a router that is ready.
func withFakeSentinels<Result: Sendable>(
  _ count: Int = 3, servers: Int = 2,
  _ body: @escaping @Sendable (FakeSentinels, RedisRouter) async throws -> Result
) async throws -> Result {
  try await withEventLoop { loop in
    let sentinels = try FakeSentinels(loop: loop, sentinels: count, servers: servers)
    defer { sentinels.close() }
    let router = RedisRouter(configuration: sentinels.configuration, loop: loop)
    router.start()
    defer { router.close() }
    try await router.whenReady(deadline: .seconds(60))
    return try await body(sentinels, router)
  }
}
