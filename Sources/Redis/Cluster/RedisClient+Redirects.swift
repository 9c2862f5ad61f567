internal import EventLoop

extension RedisClient {
  /// Sends a command of one key to whichever server answers for it, a bounded number of times and
  /// within its time. What is repeated was not executed: the server said so.
  func sendFollowing(
    _ command: RedisCommand, within limit: Duration
  ) async throws(RedisError) -> RedisValue {
    let end = loop.milliseconds + limit.milliseconds
    var asked: RedisClient?
    for _ in 0..<RedisLimits.redirects {
      let rest = Duration.milliseconds(Int(end - min(end, loop.milliseconds)))
      let server = asked ?? self
      let failure: RedisError
      do throws(RedisError) {
        if server.state != .ready, server !== self {
          try await server.whenReady(deadline: rest)
        }
        return try await server.sendOnce(command, asking: asked != nil, timeout: rest)
      } catch {
        failure = error
      }
      guard let address = server.address ?? address,
        let redirect = Redirect(failure, from: address), loop.milliseconds < end
      else { throw failure }
      asked = nil
      switch redirect {
      case .moved:
        // The router has heard of it first; the server that it leads to may have to be connected.
        let rest = Duration.milliseconds(Int(end - loop.milliseconds))
        if state != .ready { try await whenReady(deadline: rest) }
      case .ask(let address):
        asked = redirector?.client(at: address)
      case .later:
        await loop.sleep(for: .milliseconds(Int.random(in: RedisLimits.redirectPause)))
      }
    }
    return try await sendOnce(
      command, asking: false, timeout: .milliseconds(Int(end - min(end, loop.milliseconds))))
  }
}
