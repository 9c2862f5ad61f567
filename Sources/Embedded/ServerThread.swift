internal import EventLoop

/// The one thread that starts servers, and the loop on it that watches them.
///
/// The kernel sends a child its parent-death signal when the *thread* that started it ends, not the
/// process. So children are started here only, on a thread that lives as long as the process.
enum ServerThread {
  static let loop = EventLoop.start(name: "servers")

  /// Runs `body` on the thread, whether or not the caller is cancelled meanwhile.
  static func run<Value: Sendable>(
    _ body: @escaping @Sendable () async throws(EmbeddedError) -> Value
  ) async throws(EmbeddedError) -> Value {
    let task = Task(executorPreference: loop) { () async -> Result<Value, EmbeddedError> in
      do throws(EmbeddedError) {
        return .success(try await body())
      } catch {
        return .failure(error)
      }
    }
    return try await task.value.get()
  }

  /// Looks every few milliseconds until `condition` holds; false when `limit` has passed first.
  /// Call it on the thread.
  static func poll(
    within limit: Duration, every interval: Duration = .milliseconds(5),
    _ condition: () async throws(EmbeddedError) -> Bool
  ) async throws(EmbeddedError) -> Bool {
    let end = ContinuousClock.now + limit
    while try await !condition() {
      if ContinuousClock.now >= end { return false }
      await loop.sleep(for: interval)
    }
    return true
  }
}
