internal import Embedded
internal import EventLoop
internal import Redis

/// A replica that follows an installation's Redis for as long as both live. Loop-confined.
final class RedisReplica {
  let server: RedisServer
  let folder: String
  private let link: FaultyLink
  private let loop: EventLoop

  private static let followLimit = Duration.seconds(30)

  /// - Parameter master: the socket of the Redis that it follows.
  /// - Throws: `EventLoopError` when there is no port to follow it through.
  init(of master: String, in folder: String, fsync: RedisServer.Fsync, loop: EventLoop) throws {
    self.folder = folder
    self.loop = loop
    // A replica finds its master by TCP.
    link = try FaultyLink(to: { .unix(path: master) }, loop: loop)
    server = RedisServer(
      directory: folder,
      options: .init(
        fsync: fsync,
        configuration: [
          "replicaof 127.0.0.1 \(link.port)", "repl-diskless-sync-delay 0", "repl-timeout 5",
        ]))
  }

  /// Starts it and returns once it has all that its master has.
  func start() async throws {
    try await server.start()
    let client = RedisClient(
      configuration: try RedisConfiguration(url: server.url), loop: loop, name: "spillway-chaos")
    client.start()
    defer { client.close() }
    let isFollowing = await loop.poll(within: Self.followLimit, every: .milliseconds(50)) {
      let reply = try? await client.send(RedisCommand("INFO", "replication"))
      return reply?.text?.contains("master_link_status:up") == true
    }
    guard isFollowing else { throw ScenarioError("a replica did not follow its master") }
  }

  /// Ends it at once.
  func kill() async {
    link.close()
    server.kill()
    await server.stop()
  }
}
