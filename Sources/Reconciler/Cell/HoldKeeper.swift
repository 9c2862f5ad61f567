internal import EventLoop

/// Shows signs of life for a cell whose holder is busy with something long. Loop-confined.
///
/// A task beside the work, since one page of a rebuild may take longer than the hold: behind a lock, on a
/// machine that is full, or because it is big.
final class HoldKeeper {
  private let held: HeldCell
  private let wake: Wake
  private var isOver = false
  private var task: Task<Void, Never>?

  init(_ held: HeldCell) {
    self.held = held
    wake = Wake(loop: held.redis.loop)
  }

  func start() {
    task = held.redis.loop.spawn { await self.run() }
  }

  /// Returns when no sign of life is under way any more.
  func end() async {
    isOver = true
    wake.raise()
    task?.cancel()
    await task?.value
  }

  private func run() async {
    var pause = held.limits.renewInterval
    while true {
      await wake.wait(upTo: pause)
      if isOver || held.isLost { return }
      let isShown = await held.showLife()
      pause = isShown ? held.limits.renewInterval : held.limits.retryInterval
    }
  }
}

extension HeldCell {
  /// Runs what may take longer than the hold, and keeps the hold meanwhile.
  ///
  /// When somebody else turns out to hold the cell, ``isLost`` is true from then on, and `body` ends before
  /// its next write.
  func keepingHold<Value>(
    _ body: () async throws(ReconcilerError) -> Value
  ) async throws(ReconcilerError) -> Value {
    let keeper = HoldKeeper(self)
    keeper.start()
    do {
      let value = try await body()
      await keeper.end()
      return value
    } catch {
      await keeper.end()
      throw error
    }
  }

  /// - Throws: `.lost` once a sign of life has met somebody else's hold.
  func checkHeld() throws(ReconcilerError) {
    if isLost { throw .lost }
  }
}
