public import EventLoop
internal import Foundation

/// Runs `body` on a new event loop with a thread of its own, and ends the loop after it.
public func withEventLoop<Result: Sendable>(
  _ body: @escaping @Sendable (EventLoop) async throws -> Result
) async throws -> Result {
  let loop = EventLoop.start(name: "test")
  defer { loop.stop() }
  return try await loop.submit { try await body(loop) }
}
