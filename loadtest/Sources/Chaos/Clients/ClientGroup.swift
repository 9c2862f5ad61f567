internal import EventLoop

/// Clients of one crowd that work at the same time. Loop-confined.
final class ClientGroup {
  let loop: EventLoop
  private(set) var isOver = false

  init(loop: EventLoop) { self.loop = loop }

  /// Lets each client finish what is under way.
  func end() { isOver = true }

  /// Starts clients that do something over and over until ``end()``.
  func begin(_ count: Int, _ step: @escaping (_ client: Int) async -> Void) -> [Task<Void, Never>] {
    (0..<count).map { client in
      loop.spawn { [self] in
        while !isOver { await step(client) }
      }
    }
  }

  /// Has so many clients do something for each of the items, until all are done or a moment of the
  /// monotonic clock has come.
  func work<Item>(
    through items: [Item], clients: Int, until end: UInt64 = .max,
    _ step: @escaping (Item) async -> Void
  ) async {
    var rest = items[...]
    let tasks = (0..<clients).map { _ in
      loop.spawn {
        while let item = rest.popFirst(), EventLoop.nanoseconds() < end { await step(item) }
      }
    }
    for task in tasks { await task.value }
  }
}
