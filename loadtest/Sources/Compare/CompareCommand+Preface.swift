internal import Embedded

extension CompareCommand {
  /// What a reader has to know of the contenders and of what they are asked.
  func conditions() -> [String] {
    var lines = [
      "load: wrk, one thread, \(comparison.seconds) s a run, \(comparison.rounds) rounds in turn; of each, "
        + "some answers are looked at before it",
      "spillway: one API loop; the ledger is written meanwhile; tokens of \(users) users, HS256",
    ]
    if comparison.loads.contains(where: { $0.ordersPerSecond != nil }) { lines.append(Self.buyers) }
    lines += peers.map(\.summary)
    let policy = suite == .fsync ? "as named" : fsync.rawValue
    return lines + ["every Redis: appendonly, appendfsync \(policy), Unix socket"]
  }

  /// What is told of loads whose requests wrk cannot make: each needs an answer to another.
  private static var buyers: String {
    let rates = [CompareLoad.paid, .paidAtHalf].compactMap(\.ordersPerSecond)
      .map(TextFormat.grouped).joined(separator: " or ")
    return
      "order and pay: buyers of this program's own in place of wrk, each with a wallet, \(rates) a second, who pay "
      + "once they have their order; every answer is checked, payments and wallets are compared with the ledger; "
      + "requests are paid orders, latencies those of payments"
  }
}
