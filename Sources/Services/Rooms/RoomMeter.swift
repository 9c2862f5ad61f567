internal import Domain
internal import Redis

/// Counts on one loop how the requests behind a room are answered. Loop-confined.
public final class RoomMeter {
  /// How often a room's admitter is told.
  static let tellMilliseconds: UInt64 = 1_000

  private var times = AnswerTimes()
  private var toldAt: UInt64 = 0

  init() {}

  @inline(__always)
  public func observe(nanoseconds: UInt64, isFailure: Bool) {
    times.add(milliseconds: Double(nanoseconds) / 1e6, isFailure: isFailure)
  }

  /// What was counted since the last time, once a second; nil in between.
  func take(now: UInt64) -> AnswerTimes? {
    guard now &- toldAt >= Self.tellMilliseconds else { return nil }
    toldAt = now
    defer { times = AnswerTimes() }
    return times
  }
}

extension RoomEntry {
  /// How long what was told stays in Redis.
  static let loadLifeMilliseconds = 10_000

  /// Tells the admitter how this loop's requests behind the room were answered, if the room's rate
  /// follows from that. What is not heard is not told again: the next second comes soon.
  func tellLoad(as name: String, now: UInt64) {
    guard room.terms.adaptive != nil, state != nil, let times = meter.take(now: now) else { return }
    let key = path.keys.load
    client.call(expectedReplies: 2, timeout: .seconds(1)) { [text = "\(redisTime(now)) \(times)"] in
      $0.command(argumentCount: 4)
      $0.argument("HSET" as StaticString)
      $0.argument(key)
      $0.argument(name)
      $0.argument(text)
      $0.command(argumentCount: 3)
      $0.argument("PEXPIRE" as StaticString)
      $0.argument(key)
      $0.argument(Self.loadLifeMilliseconds)
    } completion: { _ in
    }
  }
}
