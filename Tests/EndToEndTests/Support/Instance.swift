import Embedded
import Foundation
import Synchronization
import TestSupport

/// A running `spillway up --demo`.
struct Instance: Sendable {
  let program: RunningProgram
  let site: Site
  let folder: String

  /// Starts one in `folder` and waits until it is ready.
  static func start(in folder: String, options: [String] = []) async throws -> Instance {
    let program = try await RunningProgram.start(
      ["up", "--data", folder, "--port", "0", "--demo"] + options)
    return Instance(program: program, site: try await program.ready(), folder: folder)
  }

  /// A token of the folder's development key.
  func token(_ user: String, _ options: String...) async throws -> String {
    let result = try await spillway(["token", "--data", folder, "--user", user] + options)
    guard result.status == .exited(0) else {
      throw RunningProgram.ProgramFailed("no token: \(result.errors)")
    }
    return String(result.output.dropLast())
  }

  /// Tokens of the users `U1` to `UN`.
  func tokens(_ user: String, count: Int) async throws -> [String] {
    try await token(user, "--count", "\(count)").split(separator: "\n").map(String.init)
  }

  func administrator() async throws -> String { try await token("boss", "--role", "APP_ADMIN") }

  /// What SQL says in the instance's database.
  func sql(_ query: String) async throws -> String {
    let url = EmbeddedServers.postgres(in: folder).url
    return String(try await SharedServers.psql(url: url, query).dropLast())
  }
}

/// One instance for all tests that leave it running, made by a first start in an empty folder.
enum SharedInstance {
  private static let made = Task {
    let folder = "\(TestFolder.make("instance"))/data"
    // Runs before the removal of the test folders.
    atexit { SharedInstance.end() }
    let instance = try await Instance.start(in: folder)
    running.withLock { $0 = instance }
    return instance
  }

  private static let running = Mutex<Instance?>(nil)

  static func get() async throws -> Instance { try await made.value }

  private static func end() {
    guard let instance = running.withLock({ $0 }) else { return }
    instance.program.send(SIGKILL)
    var attempts = 400
    while attempts > 0, !processes(using: instance.folder).isEmpty {
      attempts -= 1
      usleep(5000)
    }
  }
}

/// Data folders as an earlier run leaves them, which spares a test the making of a cluster.
enum DataFolder {
  static func make() async throws -> String {
    let folder = TestFolder.make("data")
    chmod(folder, 0o700)
    let template = try await PostgresServer.Options.prepared().template!
    mkdir("\(folder)/postgres", 0o755)
    _ = try await run("/bin/cp", ["-a", template, "\(folder)/postgres/data"])
    return folder
  }
}

/// Runs `body` with an instance of its own in `folder`, which is stopped in order afterwards.
func withInstance<Result>(
  in folder: String, options: [String] = [], _ body: (Instance) async throws -> Result
) async throws -> Result {
  try await withSpillway(["up", "--data", folder, "--port", "0", "--demo"] + options) { program in
    try await body(
      Instance(program: program, site: try await program.ready(), folder: folder))
  }
}
