public import Embedded
internal import Foundation
internal import Synchronization

/// One Redis and one PostgreSQL for all tests of a process that can share: started at first use,
/// ended with the process.
///
/// Tests keep apart by a name of their own: a hash tag in Redis (``tag(_:)``), a database in
/// PostgreSQL (``database()``). A test that stops, kills or flushes a server uses ``withServers``.
public enum SharedServers {
  private static let running = Mutex<[@Sendable () -> Void]>([])

  private static let redisServer = Task {
    let server = RedisServer(directory: "\(TestFolder.make("shared"))/redis", options: .fast)
    try await server.start()
    running.withLock { $0.append { server.kill() } }
    return server
  }

  private static let postgresServer = Task {
    let server = PostgresServer(
      directory: "\(TestFolder.make("shared"))/postgres", options: try await .prepared())
    try await server.start()
    running.withLock { $0.append { server.kill(signal: SIGQUIT) } }
    return server
  }

  private static let redisCluster = Task {
    let cluster = try await RedisClusterNodes.start(fsync: .always)
    running.withLock { $0.append { for node in cluster.nodes { node.server.kill() } } }
    return cluster
  }

  /// The shared cluster, for the tests of one suite, one after the other: each may kill servers and
  /// finds all of them running.
  public static func cluster() async throws -> RedisClusterNodes {
    let cluster = try await redisCluster.value
    try await cluster.restore()
    return cluster
  }

  /// The shared Redis.
  public static func redis() async throws -> RedisServer { try await redisServer.value }

  /// The shared PostgreSQL.
  public static func postgres() async throws -> PostgresServer { try await postgresServer.value }

  /// A name that no other test uses, for a hash tag or a tenant.
  public static func tag(_ prefix: String = "test") -> String {
    "\(prefix)-\(UUID().uuidString.prefix(13).lowercased())"
  }

  /// Makes an empty database in the shared PostgreSQL and returns its URL.
  public static func database() async throws -> String {
    let server = try await postgres()
    let name = "test_" + UUID().uuidString.filter { $0 != "-" }.lowercased()
    try await psql(url: server.url, "CREATE DATABASE \(name)")
    return server.url(database: name)
  }

  /// Runs SQL through `psql` in the database that `url` names and returns its unaligned output.
  @discardableResult
  public static func psql(url: String, _ sql: String) async throws -> String {
    try await run(
      "\(PostgresServer.binaries())/psql",
      ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url, "-c", sql])
  }

  /// Ends the servers at once, for the end of the process.
  static func kill() {
    for end in running.withLock({ $0 }) { end() }
  }
}

/// A program of a test ended with a failure.
public struct ProgramFailed: Error, CustomStringConvertible {
  public let description: String
}

/// Runs a program to its end and returns what it wrote; throws ``ProgramFailed`` if it failed.
public func run(_ program: String, _ arguments: [String]) async throws -> String {
  // A file and not a pipe: whatever else starts a program at this moment could keep a pipe open.
  let path = TestFolder.make("output") + "/text"
  _ = FileManager.default.createFile(atPath: path, contents: nil)
  defer { TestFolder.remove((path as NSString).deletingLastPathComponent) }
  let output = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  let process = Process()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  process.standardOutput = output
  process.standardError = output
  process.standardInput = FileHandle.nullDevice
  try await withCheckedThrowingContinuation {
    (continuation: CheckedContinuation<Void, any Error>) in
    process.terminationHandler = { _ in continuation.resume() }
    do { try process.run() } catch { continuation.resume(throwing: error) }
  }
  try output.close()
  let text = try String(contentsOfFile: path, encoding: .utf8)
  guard process.terminationStatus == 0 else {
    throw ProgramFailed(description: "\(program) ended with \(process.terminationStatus): \(text)")
  }
  return text
}
