internal import Foundation
internal import Glibc

/// The programs of peers, as Debian or `scripts/setup bench` installs them.
enum PeerProgram {
  /// Where programs of system administrators are, which are not on every user's path.
  private static let further = ["/usr/local/sbin", "/usr/sbin", "/sbin"]

  /// The path of a program; nil when it is not installed.
  static func find(_ name: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let folders = path.split(separator: ":").map(String.init) + further
    return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// The path of a program.
  ///
  /// - Throws: `ScenarioError` when it is not installed.
  static func path(_ name: String) throws(ScenarioError) -> String {
    guard let path = find(name) else {
      throw ScenarioError("\(name) is not installed: run make setup-bench, or leave it out")
    }
    return path
  }

  /// The environment that `scripts/setup bench` makes for the FastAPI service, below the package's
  /// folder.
  static let pythonEnvironment = ".build/peers/fastapi"

  /// The Python of that environment, looked for in `folder` and in those that it is in.
  static func python(above folder: String) -> String? {
    var folder = URL(fileURLWithPath: folder)
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent("\(pythonEnvironment)/bin/python").path
      if access(candidate, X_OK) == 0 { return candidate }
      folder = folder.deletingLastPathComponent()
    }
    return nil
  }
}
