extension RedisClient {
  /// Runs `script` like ``evaluate(_:keyCount:argumentCount:timeout:write:completion:)``, and has the
  /// server wait until its replicas have the effect.
  ///
  /// Both calls leave together, so that the wait costs no further round trip to the server itself.
  ///
  /// - Parameters:
  ///   - timeout: of the script's call; the replicas' time comes on top.
  ///   - completion: called exactly once, never before this function returns.
  public func evaluate(
    _ script: Script, keyCount: Int, argumentCount: Int, timeout: Duration? = nil,
    confirmedBy wait: ReplicaWait, write: @escaping (inout RedisCommandWriter) -> Void,
    completion: @escaping (ConfirmedReply) -> Void
  ) {
    let link = link
    let limit = (timeout ?? configuration.commandTimeout) + wait.timeout
    let gathered = GatheredReplies(count: 2) { [self] replies in
      guard case .failure(let error) = replies[0], error.isServer("NOSCRIPT"), self.link === link
      else { return completion(wait.confirmed(replies[0], replies[1])) }
      let loaded = GatheredReplies(count: 3) { replies in
        // What ails the script says more than the NOSCRIPT that follows.
        if case .failure(let error) = replies[0] {
          return completion(ConfirmedReply(reply: .failure(error), isConfirmed: false))
        }
        completion(wait.confirmed(replies[1], replies[2]))
      }
      call(expectedReplies: 3, timeout: limit) { writer in
        Self.writeLoad(script, into: &writer)
        Self.write(script, keyCount, argumentCount, write, into: &writer)
        wait.write(into: &writer)
      } completion: {
        loaded.take($0)
      }
    }
    call(expectedReplies: 2, timeout: limit) { writer in
      Self.write(script, keyCount, argumentCount, write, into: &writer)
      wait.write(into: &writer)
    } completion: {
      gathered.take($0)
    }
  }
}

extension ReplicaWait {
  fileprivate func confirmed(
    _ script: Result<RedisValue, RedisError>, _ wait: Result<RedisValue, RedisError>
  ) -> ConfirmedReply {
    let reached = (try? wait.get())?.integer ?? 0
    return ConfirmedReply(reply: script.map { $0.bytes ?? [] }, isConfirmed: reached >= replicas)
  }
}

/// Replies that are looked at together. Loop-confined.
private final class GatheredReplies {
  private let count: Int
  private let done: ([Result<RedisValue, RedisError>]) -> Void
  private var replies: [Result<RedisValue, RedisError>] = []

  init(count: Int, done: @escaping ([Result<RedisValue, RedisError>]) -> Void) {
    self.count = count
    self.done = done
  }

  func take(_ reply: RedisReply) {
    replies.append(reply.result)
    if replies.count == count { done(replies) }
  }
}
