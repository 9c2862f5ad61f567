public import EventLoop
internal import Foundation

/// Runs `body` on a new event loop with a thread of its own, and ends the loop after it.
public func withEventLoop<Result: Sendable>(
  _ body: @escaping @Sendable (EventLoop) async throws -> Result
) async throws -> Result {
  // A server that is killed is part of some tests; writing to it is an error, not the end.
  signal(SIGPIPE, SIG_IGN)
  let loop = EventLoop.start(name: "test")
  defer { loop.stop() }
  return try await loop.submit { try await body(loop) }
}
