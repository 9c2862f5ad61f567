internal import EventLoop

/// Reads values by their keys, many at once: while a read is in flight, keys gather, and travel together
/// in the next. Loop-confined.
final class GatheredReads<Key: Hashable & Sendable, Value: Sendable> {
  private typealias Outcome = Result<[Key: Value], any Error>

  private let loop: EventLoop
  private let limit: Int
  private let read: ([Key]) async throws -> [Key: Value]
  private var gathered: Set<Key> = []
  private var waiters: [UnsafeContinuation<Outcome, Never>] = []
  private var isReading = false

  /// - Parameters:
  ///   - limit: keys that one read takes.
  ///   - read: reads values; keys without one are left out.
  init(loop: EventLoop, limit: Int, read: @escaping ([Key]) async throws -> [Key: Value]) {
    self.loop = loop
    self.limit = limit
    self.read = read
  }

  /// The values of the keys, and perhaps of others that were read with them.
  ///
  /// - Throws: what reading threw.
  func values(of keys: [Key]) async throws -> [Key: Value] {
    gathered.formUnion(keys)
    let outcome = await withUnsafeContinuation { continuation in
      waiters.append(continuation)
      if !isReading { begin() }
    }
    return try outcome.get()
  }

  private func begin() {
    isReading = true
    loop.spawn { [self] in
      while !waiters.isEmpty {
        let (keys, served) = (Array(gathered), waiters)
        gathered = []
        waiters = []
        let outcome = await readAll(keys)
        for waiter in served { waiter.resume(returning: outcome) }
      }
      isReading = false
    }
  }

  private func readAll(_ keys: [Key]) async -> Outcome {
    var values: [Key: Value] = [:]
    do {
      for start in stride(from: 0, to: keys.count, by: limit) {
        let part = Array(keys[start..<min(start + limit, keys.count)])
        values.merge(try await read(part)) { $1 }
      }
      return .success(values)
    } catch {
      return .failure(error)
    }
  }
}
