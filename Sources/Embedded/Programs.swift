internal import Foundation

/// Finds the server programs that Debian packages install.
struct Programs: Sendable {
  let environment: [String: String]

  static let system = Programs(environment: ProcessInfo.processInfo.environment)

  /// Where Debian keeps the programs of each PostgreSQL version.
  static let postgresVersions = "/usr/lib/postgresql"

  /// `redis-server`: `SPILLWAY_REDIS_SERVER`, else `PATH`.
  func redisServer() throws(EmbeddedError) -> String {
    if let path = environment["SPILLWAY_REDIS_SERVER"] {
      guard isExecutable(path) else {
        throw missing("redis-server", "redis-server", "SPILLWAY_REDIS_SERVER=\(path)")
      }
      return path
    }
    if let path = onPath("redis-server") { return path }
    throw missing("redis-server", "redis-server", "searched PATH")
  }

  /// The folder of `postgres` and `initdb`: `SPILLWAY_POSTGRES_BIN`, else the one on `PATH`, else
  /// Debian's highest version. For existing data the folder of its own version comes first.
  func postgresBinaries(dataVersion: String? = nil) throws(EmbeddedError) -> String {
    if let folder = environment["SPILLWAY_POSTGRES_BIN"] {
      guard isExecutable("\(folder)/postgres"), isExecutable("\(folder)/initdb") else {
        throw missing("postgres", "postgresql", "SPILLWAY_POSTGRES_BIN=\(folder)")
      }
      return folder
    }
    let folders =
      (dataVersion.map { ["\(Self.postgresVersions)/\($0)/bin"] } ?? [])
      + (onPath("postgres").map { [folder(of: File.canonical($0))] } ?? []) + debianFolders()
    for folder in folders {
      if isExecutable("\(folder)/postgres"), isExecutable("\(folder)/initdb") { return folder }
    }
    throw missing("postgres", "postgresql", "searched PATH and \(Self.postgresVersions)/*/bin")
  }

  /// Any other program on `PATH`.
  func program(_ name: String, package: String) throws(EmbeddedError) -> String {
    if let path = onPath(name) { return path }
    throw missing(name, package, "searched PATH")
  }

  private func missing(_ program: String, _ package: String, _ searched: String) -> EmbeddedError {
    .programMissing(program: program, package: package, searched: searched)
  }

  private func isExecutable(_ path: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: path)
  }

  private func onPath(_ name: String) -> String? {
    let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }.first(where: isExecutable)
  }

  private func folder(of path: String) -> String {
    (path as NSString).deletingLastPathComponent
  }

  private func debianFolders() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: Self.postgresVersions)) ?? []
    return names.compactMap { name in Double(name).map { (name, $0) } }
      .sorted { $0.1 > $1.1 }
      .map { "\(Self.postgresVersions)/\($0.0)/bin" }
  }
}
