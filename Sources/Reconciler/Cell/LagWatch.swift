internal import EventLoop
internal import HotPath
internal import Redis

/// Keeps the gauge of how long the oldest entry of a cell's stream has been waiting for the ledger.
/// Loop-confined.
///
/// It runs beside the steps of the reconciler, so that it tells the truth just when they are stuck.
/// While Redis is away, the entry last seen goes on ageing.
final class LagWatch {
  private let held: HeldCell
  private var timer: EventLoopTimer?
  private var oldest: StreamPosition?
  private var isAsking = false

  init(_ held: HeldCell) {
    self.held = held
    let timer = EventLoopTimer(loop: held.redis.loop) { [weak self] in self?.look() }
    timer.start(after: .zero, every: held.limits.lagInterval)
    self.timer = timer
  }

  /// Ends the watch: whoever holds the cell next tells its lag.
  func close() {
    timer?.cancel()
    timer = nil
    held.metrics.currentLag.set(0)
  }

  private func look() {
    tell()
    guard !isAsking, held.redis.state == .ready else { return }
    isAsking = true
    let cursor = held.cursor
    held.redis.call { writer in
      writer.command(argumentCount: 6)
      writer.argument("XRANGE" as StaticString)
      writer.argument(held.keys.stream)
      writer.argument("(\(cursor)")
      writer.argument("+" as StaticString)
      writer.argument("COUNT" as StaticString)
      writer.argument(1)
    } completion: { [weak self] reply in
      self?.took(reply)
    }
  }

  private func took(_ reply: RedisReply) {
    isAsking = false
    guard timer != nil, reply.failure == nil, reply.kind == .array else { return }
    oldest =
      reply.count > 0 && reply[0].count > 0 ? StreamPosition(reply[0][0].text) : nil
    tell()
  }

  private func tell() {
    guard let oldest, oldest > held.cursor else { return held.metrics.currentLag.set(0) }
    let lag = held.redisMilliseconds - oldest.milliseconds
    held.metrics.currentLag.set(Double(max(0, lag)) / 1000)
  }
}
