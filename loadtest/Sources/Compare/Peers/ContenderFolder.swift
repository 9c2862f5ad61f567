internal import Foundation

/// Folders of contenders.
enum ContenderFolder {
  /// Makes a folder that all can read: servers that run without root rights have to reach theirs in it.
  ///
  /// - Throws: `ScenarioError`.
  static func make(_ path: String) throws(ScenarioError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    } catch {
      throw ScenarioError("cannot make \(path): \(error)")
    }
  }
}
