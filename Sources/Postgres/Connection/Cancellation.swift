internal import EventLoop

/// A statement that the server is being asked to stop. Loop-confined.
final class Cancellation {
  /// The abandoned request.
  let request: PostgresRequest
  /// When the connection is given up, in the loop's milliseconds.
  let deadline: UInt64
  /// True while a request to stop it is on its way to the server.
  var isBeingSent = false
  /// Asks once more, should the statement go on.
  var again: EventLoopTimer?

  private var milliseconds: Int64 = 10

  init(of request: PostgresRequest, deadline: UInt64) {
    self.request = request
    self.deadline = deadline
  }

  /// How long to wait for the statement's end before asking again: 10 ms, then twice as long each
  /// time, up to a second.
  func pause() -> Duration {
    defer { milliseconds = min(milliseconds * 2, 1000) }
    return .milliseconds(milliseconds)
  }
}
