internal import Embedded

extension CompareCommand {
  /// What a reader has to know of the machine, the versions and the contenders.
  func preface() -> [String] {
    var lines =
      Machine.lines() + [
        "load: wrk, one thread, \(comparison.seconds) s a run, \(comparison.rounds) rounds in turn; of each, "
          + "some answers are looked at before it",
        "spillway: one API loop; the ledger is written meanwhile; tokens of \(users) users, HS256",
      ]
    lines += peers.map(\.summary)
    let policy = suite == .fsync ? "as named" : fsync.rawValue
    return lines + ["every Redis: appendonly, appendfsync \(policy), Unix socket"]
  }
}
