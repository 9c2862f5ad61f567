internal import Embedded
internal import Foundation
internal import Glibc

/// Where an embedded instance keeps its data.
enum DataFolder {
  /// `/var/lib/spillway` for root, whose home other users cannot enter; else the user's own data.
  static var standard: String {
    if geteuid() == 0 { return "/var/lib/spillway" }
    let environment = ProcessInfo.processInfo.environment
    if let data = environment["XDG_DATA_HOME"], !data.isEmpty { return "\(data)/spillway" }
    return "\(environment["HOME"] ?? "/tmp")/.local/share/spillway"
  }

  /// The addresses of the instance that runs in `folder`.
  static func addresses(of folder: String) -> (redis: String, database: String) {
    (EmbeddedServers.redis(in: folder).url, EmbeddedServers.postgres(in: folder).url)
  }
}
