internal import Embedded
internal import Postgres
internal import Redis

/// The instance that a command works on: that of `--data`, or the servers of the two URLs. What the
/// command line names goes before what the environment names; a folder goes before a URL.
extension ParsedOptions {
  /// The database of the running instance in `--data`, or that of `--database-url`.
  func addressedDatabase() throws(UsageError) -> PostgresConfiguration {
    guard isFolderAddressed(orURL: "database-url") else { return try database() }
    return try PostgresConfiguration(ownedBy: try runningFolder())
  }

  /// The Redis of the running instance in `--data`, or that of `--redis-url`.
  func addressedRedis() throws(UsageError) -> RedisConfiguration {
    guard isFolderAddressed(orURL: "redis-url") else { return try redis() }
    let url = DataFolder.addresses(of: try runningFolder()).redis
    do throws(RedisError) {
      return try RedisConfiguration(url: url)
    } catch {
      throw UsageError("\(origin("data")): \(error)")
    }
  }

  private func isFolderAddressed(orURL name: String) -> Bool {
    if isOnCommandLine("data") { return true }
    if isOnCommandLine(name) { return false }
    return text("data") != nil || text(name) == nil
  }

  /// The data folder, in which an instance must run.
  private func runningFolder() throws(UsageError) -> String {
    let folder = try dataFolder()
    guard DirectoryLock.owner(of: folder) != nil else {
      throw UsageError(
        "no instance runs in \(folder): start 'spillway up', name its folder with --data, "
          + "or give the URLs of Redis and Postgres")
    }
    return folder
  }
}

extension PostgresConfiguration {
  /// How to reach the Postgres of the instance in `folder`.
  init(ownedBy folder: String) throws(UsageError) {
    do throws(PostgresError) {
      self = try PostgresConfiguration(url: DataFolder.addresses(of: folder).database)
    } catch {
      throw UsageError("--data: \(error)")
    }
  }
}
