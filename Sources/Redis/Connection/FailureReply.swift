/// Hands out replies that stand for a failure on our side. Loop-confined.
enum FailureReply {
  /// Calls each completion of `calls` once per missing reply with `error`.
  static func give(_ error: RedisError, to calls: [PendingCall]) {
    guard !calls.isEmpty else { return }
    with(error) { reply in
      for call in calls {
        guard let completion = call.completion else { continue }
        for _ in 0..<call.missingReplies { completion(reply) }
      }
    }
  }

  /// Lends `body` a reply that stands for `error`.
  static func with(_ error: RedisError, _ body: (RedisReply) -> Void) {
    var arena = ReplyArena()
    defer { arena.deallocate() }
    arena.fill(with: error)
    withUnsafePointer(to: &arena) { body(RedisReply(arena: $0, index: 0)) }
  }
}
