/// Visitors by the moment at which they act next, soonest first: a binary heap.
struct VisitorQueue {
  private var heap: [(at: UInt64, visitor: Int)] = []

  var next: UInt64? { heap.first?.at }

  mutating func push(_ visitor: Int, at moment: UInt64) {
    heap.append((moment, visitor))
    var child = heap.count - 1
    while child > 0, heap[child].at < heap[(child - 1) / 2].at {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes the next visitor whose moment has come.
  mutating func pop(at now: UInt64) -> (visitor: Int, at: UInt64)? {
    guard let first = heap.first, first.at <= now else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return (first.visitor, first.at) }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].at < heap[child].at { child += 1 }
      guard heap[child].at < heap[parent].at else { break }
      heap.swapAt(child, parent)
      parent = child
    }
    return (first.visitor, first.at)
  }
}
