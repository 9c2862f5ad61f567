internal import Embedded
internal import EventLoop
internal import Glibc
internal import Redis

/// A replica that takes over.
extension Striker {
  private static let syncLimit = Duration.seconds(10)
  /// How long the replica hears nothing before Redis dies.
  private static let lag = Duration.milliseconds(300)

  /// Has a replica follow Redis, loses the line between them a while before Redis dies, and has Redis
  /// start again with what the replica has.
  ///
  /// - Throws: when Redis or Postgres stays away too long.
  func promote(_ strike: Strike) async throws {
    var record = WipeRecord()
    let folder = "\(installation.folder)/replica"
    try await run("rm -rf \(folder)")
    let path = installation.redis.socketPath
    let link = try FaultyLink(to: { .unix(path: path) }, loop: loop)
    defer { link.close() }
    let replica = RedisServer(
      directory: folder,
      options: .init(
        fsync: .always,
        configuration: [
          "replicaof 127.0.0.1 \(link.port)", "repl-diskless-sync-delay 0", "repl-timeout 5",
        ]))
    try await replica.start()
    defer { replica.kill() }
    try await follow(replica)
    let end = strike.moment - strike.preparation
    await loop.sleep(for: max(.zero, end - Self.lag))
    link.isSevered = true
    await loop.sleep(for: Self.lag)
    try await wipe(&record, pausing: true)
    installation.redis.kill()
    try await awaitEnd(.redis)
    await replica.stop()
    let data = "\(installation.folder)/redis/data"
    try await run("rm -rf \(data)/* && cp -a \(folder)/data/. \(data) && rm -rf \(folder)")
    await loop.sleep(for: strike.pause)
    try await installation.redis.start()
    await awaitReopening(&record)
    wipes.append(record)
  }

  /// Kills Redis, has it start again with what a replica has that hot answers waited for, and starts that
  /// replica again. Nothing that a client was told may be missing then.
  ///
  /// - Throws: when one of them stays away too long.
  func failOver(_ strike: Strike) async throws {
    guard let replica = installation.replicas.first else { return }
    var record = WipeRecord()
    signal(.redis, SIGKILL)
    try await awaitEnd(.redis)
    record.moment = EventLoop.nanoseconds()
    await replica.server.stop()
    let data = "\(installation.folder)/redis/data"
    try await run("rm -rf \(data)/* && cp -a \(replica.folder)/data/. \(data)")
    await loop.sleep(for: strike.pause)
    try await start(.redis)
    try await replica.start()
    await awaitReopening(&record)
    wipes.append(record)
  }

  /// Waits until a replica has all that Redis has.
  private func follow(_ replica: RedisServer) async throws {
    let client = RedisClient(
      configuration: try RedisConfiguration(url: replica.url), loop: loop, name: "spillway-chaos")
    client.start()
    defer { client.close() }
    let isFollowing = await loop.poll(within: Self.syncLimit, every: .milliseconds(50)) {
      let reply = try? await client.send(RedisCommand("INFO", "replication", "persistence"))
      let text = reply?.text ?? ""
      // What came first is written to its file in the background.
      return text.contains("master_link_status:up") && text.contains("aof_rewrite_in_progress:0")
        && text.contains("aof_rewrite_scheduled:0")
    }
    if !isFollowing { skipped.append("replica: it did not follow within \(Self.syncLimit)") }
  }
}
