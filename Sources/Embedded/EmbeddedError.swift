/// Why an embedded server could not be started or kept.
public enum EmbeddedError: Error, Equatable, CustomStringConvertible {
  /// A program is not installed; `package` is the Debian package that brings it.
  case programMissing(program: String, package: String, searched: String)
  /// Another process owns the folder.
  case folderInUse(folder: String, owner: Int32?)
  /// Servers of an earlier owner have not let go of the folder within the deadline.
  case folderBusy(folder: String)
  /// A file or folder could not be made, read or changed.
  case file(path: String, operation: String, code: Int32)
  /// ``start`` was called on a server that runs or is starting.
  case alreadyRunning(server: String)
  /// ``stop`` was called while the server was starting.
  case stopped(server: String)
  /// The program ended before it was ready; `log` is the end of what it said.
  case endedEarly(server: String, status: ProcessExit, log: String)
  /// The program was not ready within the deadline.
  case notReady(server: String, within: Duration, log: String)
  /// The kernel refused to start the program.
  case spawnFailed(program: String, code: Int32)

  public var description: String {
    switch self {
    case .programMissing(let program, let package, let searched):
      "\(program) was not found (\(searched)): install the Debian package \(package)"
    case .folderInUse(let folder, let owner):
      "\(folder) is in use by \(owner.map { "process \($0)" } ?? "another process")"
    case .folderBusy(let folder):
      "servers of an earlier process still run in \(folder) and do not end"
    case .file(let path, let operation, let code):
      "cannot \(operation) \(path): \(describe(code))"
    case .alreadyRunning(let server):
      "\(server) is already running"
    case .stopped(let server):
      "\(server) was stopped while it was starting"
    case .endedEarly(let server, let status, let log):
      "\(server) did not start (\(status))\(Self.appendix(log))"
    case .notReady(let server, let limit, let log):
      "\(server) was not ready within \(limit)\(Self.appendix(log))"
    case .spawnFailed(let program, let code):
      "cannot run \(program): \(describe(code))"
    }
  }

  private static func appendix(_ log: String) -> String {
    log.isEmpty ? "" : "; it said:\n\(log)"
  }
}
