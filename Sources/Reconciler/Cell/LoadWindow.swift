internal import Redis

/// The loads of one closing that Redis has not answered yet. Loop-confined.
///
/// Some are under way at once, while the ledger reads the next page: a Redis that syncs its file with each
/// answer then syncs once for several. Which of them comes first does not matter.
final class LoadWindow {
  /// Loads under way at once; each has up to ``ReconcilerLimits/loadChunk`` fields or records.
  static let size = 8

  private var underWay = 0
  private var failure: ReconcilerError?
  private var waiter: CheckedContinuation<Void, Never>?

  /// Waits until there is room for one more.
  ///
  /// - Throws: what became of an earlier one that failed.
  func room() async throws(ReconcilerError) { try await wait(below: Self.size) }

  /// One more is under way.
  func enter() { underWay += 1 }

  /// Waits until all are answered.
  ///
  /// - Throws: the first failure.
  func drain() async throws(ReconcilerError) { try await wait(below: 1) }

  /// Takes the answer to one of them: 1 while the closing counts.
  func leave(_ reply: RedisReply) {
    if let error = reply.failure {
      failure = failure ?? .redis(error)
    } else if reply.integer != 1 {
      failure = failure ?? .overtaken
    }
    underWay -= 1
    waiter?.resume()
    waiter = nil
  }

  private func wait(below count: Int) async throws(ReconcilerError) {
    while underWay >= count, failure == nil {
      await withCheckedContinuation { waiter = $0 }
    }
    if let failure { throw failure }
  }
}
