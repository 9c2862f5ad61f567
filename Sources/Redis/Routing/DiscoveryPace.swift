internal import EventLoop

/// When a deployment is looked at: soon after something went wrong, seldom while all is well, and never
/// in a hurry together with all other clients. Loop-confined.
final class DiscoveryPace {
  private let loop: EventLoop
  /// Looks once; true when nothing is missing any more.
  private let look: () async -> Bool
  private var timer: EventLoopTimer?
  private var isLooking = false
  private var isHurried = false
  private var isClosed = false
  private var lookedAt: UInt64 = 0
  /// Looks in a row after which something was still missing.
  private var unsettledLooks = 0
  private var generator = SystemRandomNumberGenerator()

  init(loop: EventLoop, look: @escaping () async -> Bool) {
    self.loop = loop
    self.look = look
  }

  func start() {
    timer = EventLoopTimer(loop: loop) { [weak self] in self?.begin() }
    begin()
  }

  /// Looks no more; a look under way ends by itself.
  func close() {
    isClosed = true
    timer?.cancel()
    timer = nil
  }

  /// Looks again soon: something has changed.
  func hurry() {
    guard !isHurried else { return }
    isHurried = true
    unsettledLooks = 0
    if !isLooking { schedule() }
  }

  private func begin() {
    guard !isLooking, !isClosed else { return }
    isLooking = true
    isHurried = false
    lookedAt = loop.milliseconds
    loop.spawn { [self] in
      let isSettled = await look()
      isLooking = false
      unsettledLooks = isSettled ? 0 : unsettledLooks + 1
      schedule()
    }
  }

  private func schedule() {
    let limits = RedisLimits.topologyPause
    let bound =
      unsettledLooks == 0 && !isHurried
      ? RedisLimits.topologyInterval.milliseconds
      : min(
        limits.shortest.milliseconds << min(UInt64(unsettledLooks), 8), limits.longest.milliseconds)
    let due = lookedAt + UInt64.random(in: (bound / 2)...bound, using: &generator)
    let now = loop.milliseconds
    timer?.start(after: .milliseconds(due > now ? Int(due - now) : 0))
  }
}
