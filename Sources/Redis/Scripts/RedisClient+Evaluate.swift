extension RedisClient {
  /// Runs `script` by its digest; a server that does not know it is given the source, once.
  ///
  /// The hot form.
  ///
  /// - Parameters:
  ///   - keyCount: how many keys `write` writes first.
  ///   - argumentCount: how many arguments it writes after them.
  ///   - timeout: of each attempt; `nil` for the configuration's command time-out.
  ///   - write: writes the keys and arguments. Called at once, and a second time if the server had to
  ///     be given the script.
  ///   - completion: called exactly once, never before this function returns. The reply is valid only
  ///     inside.
  public func evaluate(
    _ script: Script, keyCount: Int, argumentCount: Int, timeout: Duration? = nil,
    write: @escaping (inout RedisCommandWriter) -> Void,
    completion: @escaping (RedisReply) -> Void
  ) {
    let link = link
    call(timeout: timeout) { writer in
      Self.write(script, keyCount, argumentCount, write, into: &writer)
    } completion: { [self] reply in
      // What is meant for one server must not be run on the next.
      guard reply.isError("NOSCRIPT"), self.link === link else { return completion(reply) }
      loadAndEvaluate(script, keyCount, argumentCount, timeout, write, completion)
    }
  }

  /// Runs `script` with `keys` and `arguments` and waits for its reply.
  public func evaluate(
    _ script: Script, keys: [any RedisArgument] = [], arguments: [any RedisArgument] = [],
    timeout: Duration? = nil
  ) async throws(RedisError) -> RedisValue {
    try await awaitReply { completion in
      evaluate(
        script, keyCount: keys.count, argumentCount: arguments.count, timeout: timeout,
        write: { writer in
          for key in keys { key.write(into: &writer) }
          for argument in arguments { argument.write(into: &writer) }
        }, completion: completion)
    }
  }

  /// Sends the source and the call together: no second round trip, and no other NOSCRIPT loop.
  private func loadAndEvaluate(
    _ script: Script, _ keyCount: Int, _ argumentCount: Int, _ timeout: Duration?,
    _ write: @escaping (inout RedisCommandWriter) -> Void,
    _ completion: @escaping (RedisReply) -> Void
  ) {
    var loadFailure: RedisError?
    var isLoadReply = true
    call(expectedReplies: 2, timeout: timeout) { writer in
      Self.writeLoad(script, into: &writer)
      Self.write(script, keyCount, argumentCount, write, into: &writer)
    } completion: { reply in
      if isLoadReply {
        isLoadReply = false
        // What ails the script says more than the NOSCRIPT that follows.
        loadFailure = reply.failure
      } else if let loadFailure, reply.isError("NOSCRIPT") {
        FailureReply.with(loadFailure, completion)
      } else {
        completion(reply)
      }
    }
  }

  static func writeLoad(_ script: Script, into writer: inout RedisCommandWriter) {
    writer.command(argumentCount: 3)
    writer.argument("SCRIPT" as StaticString)
    writer.argument("LOAD" as StaticString)
    writer.argument(script.source)
  }

  static func write(
    _ script: Script, _ keyCount: Int, _ argumentCount: Int,
    _ arguments: (inout RedisCommandWriter) -> Void, into writer: inout RedisCommandWriter
  ) {
    writer.command(argumentCount: 3 + keyCount + argumentCount)
    writer.encoded(script.call, argumentCount: 2)
    writer.argument(keyCount)
    arguments(&writer)
  }
}
