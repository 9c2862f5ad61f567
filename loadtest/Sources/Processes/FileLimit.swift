internal import Glibc

/// How many files this process may have open.
enum FileLimit {
  /// Files beside the connections of a run.
  private static let others = 100

  /// Raises the limit as far as so many connections need.
  ///
  /// - Throws: `UsageError` where the system does not allow that.
  static func raise(toServe connections: Int) throws(UsageError) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let needed = rlim_t(connections + others)
    guard limit.rlim_cur < needed else { return }
    limit.rlim_cur = needed
    guard needed <= limit.rlim_max,
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    else {
      throw UsageError(
        "\(connections) connections need \(needed) open files, the limit is \(limit.rlim_max)")
    }
  }
}
