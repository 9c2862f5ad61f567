internal import Glibc

/// The user under whom embedded servers run: never root.
struct ServiceUser: Sendable, Equatable {
  let user: uid_t
  let group: gid_t

  /// True if a server must change to this user when it starts.
  var isChange: Bool { user != geteuid() }

  /// The user for servers whose data lies in `folder`: this process' own user unless that is root;
  /// then the owner of existing data, else `postgres`, else `nobody`.
  static func forServers(in folder: String) -> ServiceUser {
    guard geteuid() == 0 else { return ServiceUser(user: geteuid(), group: getegid()) }
    var status = stat()
    if stat(folder, &status) == 0, status.st_uid != 0 {
      return ServiceUser(user: status.st_uid, group: status.st_gid)
    }
    return named("postgres") ?? named("nobody") ?? ServiceUser(user: 65534, group: 65534)
  }

  private static func named(_ name: String) -> ServiceUser? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var strings = [CChar](repeating: 0, count: 4096)
    guard getpwnam_r(name, &entry, &strings, strings.count, &found) == 0, found != nil else {
      return nil
    }
    return ServiceUser(user: entry.pw_uid, group: entry.pw_gid)
  }
}
