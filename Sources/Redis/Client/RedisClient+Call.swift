internal import EventLoop

extension RedisClient {
  /// Lets `write` put one or more commands straight into the output; they leave with all else that
  /// is written in this tick.
  ///
  /// The hot form: the completion reads the reply in place, and is the only allocation.
  ///
  /// - Parameters:
  ///   - replies: how many replies the commands bring.
  ///   - timeout: `nil` for the configuration's command time-out.
  ///   - write: called at once, and only if the call is taken.
  ///   - completion: called exactly once per reply, never before this function returns; with a reply
  ///     of kind `failure` for each reply that will not come. The reply is valid only inside.
  public func call(
    expectedReplies replies: Int = 1, timeout: Duration? = nil,
    write: (inout RedisCommandWriter) -> Void, completion: @escaping (RedisReply) -> Void
  ) {
    loop.assertCurrent()
    let milliseconds = (timeout ?? configuration.commandTimeout).milliseconds
    let refused =
      if let connection = link?.connection {
        connection.call(
          replies: replies, timeout: milliseconds, write: write, completion: completion)
      } else {
        RedisError.disconnected
      }
    guard let refused else { return }
    loop.atEndOfTick {
      FailureReply.with(refused) { reply in for _ in 0..<replies { completion(reply) } }
    }
  }

  /// Sends `command` and waits for its reply.
  ///
  /// A cancelled task gives up its reply; the connection and the calls beside it stay as they are. A
  /// client of a cluster follows the key to the server that answers for it, within the call's time.
  /// - Parameter timeout: `nil` for the configuration's command time-out.
  public func send(
    _ command: RedisCommand, timeout: Duration? = nil
  ) async throws(RedisError) -> RedisValue {
    if redirector != nil {
      return try await sendFollowing(command, within: timeout ?? configuration.commandTimeout)
    }
    return try await sendOnce(command, asking: false, timeout: timeout)
  }

  /// Sends `command` to the server that the client leads to now.
  ///
  /// - Parameter asking: whether the server may have the key although the slot is not its own yet.
  func sendOnce(
    _ command: RedisCommand, asking: Bool, timeout: Duration?
  ) async throws(RedisError) -> RedisValue {
    try await awaitReply { completion in
      guard asking else {
        return call(timeout: timeout, write: { command.write(into: &$0) }, completion: completion)
      }
      var isFirst = true
      call(expectedReplies: 2, timeout: timeout) { writer in
        RedisCommand("ASKING").write(into: &writer)
        command.write(into: &writer)
      } completion: { reply in
        if !isFirst || reply.kind == .failure { completion(reply) }
        isFirst = false
      }
    }
  }

  /// Suspends until the completion given to `start` is called, or the task is cancelled.
  func awaitReply(
    _ start: (@escaping (RedisReply) -> Void) -> Void
  ) async throws(RedisError) -> RedisValue {
    let reply = AwaitedReply()
    let confined = LoopConfined(reply)
    let loop = loop
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        reply.continuation = continuation
        if Task.isCancelled {
          reply.finish(.failure(.cancelled))
        } else {
          start { reply.finish($0) }
        }
      }
    } onCancel: {
      loop.execute { confined.value.finish(.failure(.cancelled)) }
    }
    return try result.get()
  }
}

/// The one who waits for a reply; whichever of reply and cancellation comes first counts.
private final class AwaitedReply {
  var continuation: CheckedContinuation<Result<RedisValue, RedisError>, Never>?

  func finish(_ reply: RedisReply) {
    if continuation != nil { finish(reply.result) }
  }

  func finish(_ result: Result<RedisValue, RedisError>) {
    continuation?.resume(returning: result)
    continuation = nil
  }
}
