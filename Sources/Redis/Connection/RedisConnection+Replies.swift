extension RedisConnection {
  /// Sends all commands at once and waits for their replies; an error takes a reply's place.
  ///
  /// - Parameter timeout: milliseconds for all.
  func replies(to commands: [RedisCommand], timeout: UInt64) async -> [RedisValue] {
    await withCheckedContinuation { continuation in
      var replies: [RedisValue] = []
      let refused = call(replies: commands.count, timeout: timeout) { writer in
        for command in commands { command.write(into: &writer) }
      } completion: { reply in
        replies.append(reply.value)
        if replies.count == commands.count { continuation.resume(returning: replies) }
      }
      if let refused {
        continuation.resume(returning: commands.map { _ in .error(refused) })
      }
    }
  }
}
