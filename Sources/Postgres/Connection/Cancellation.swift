internal import EventLoop

/// The stopping of statements that nobody waits for. Loop-confined.
final class Cancellation {
  /// When the connection is given up, in the loop's milliseconds.
  let deadline: UInt64
  /// True while a request to stop what runs is on its way to the server.
  var isBeingSent = false
  /// Asks once more, should something go on.
  var again: EventLoopTimer?

  private static let shortest: Int64 = 10
  private static let longest: Int64 = 1000
  private var milliseconds = shortest

  init(deadline: UInt64) {
    self.deadline = deadline
  }

  /// One of them was answered: the next is asked for as soon as the first was.
  func answered() { milliseconds = Self.shortest }

  /// How long to wait for the end before asking again: 10 ms, then twice as long each time, up to a
  /// second.
  func pause() -> Duration {
    defer { milliseconds = min(milliseconds * 2, Self.longest) }
    return .milliseconds(milliseconds)
  }
}
