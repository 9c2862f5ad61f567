/// The idle connections of a worker by index, longest idle first, so that a slow run keeps all of
/// them in use.
struct IdleRing {
  private var slots: [Int]
  private var head = 0
  private(set) var count = 0

  init(capacity: Int) {
    slots = Array(repeating: 0, count: max(capacity, 1))
  }

  var isEmpty: Bool { count == 0 }

  mutating func push(_ index: Int) {
    precondition(count < slots.count)
    var tail = head + count
    if tail >= slots.count { tail -= slots.count }
    slots[tail] = index
    count += 1
  }

  mutating func pop() -> Int? {
    guard count > 0 else { return nil }
    let index = slots[head]
    head += 1
    if head == slots.count { head = 0 }
    count -= 1
    return index
  }
}
