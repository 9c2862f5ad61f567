internal import Domain

/// What a loop remembers of the orders that it acknowledged last. Bounded; the oldest make room for the
/// newest.
struct RecentOrders<Note> {
  /// Orders that are remembered; 0 for none.
  let capacity: Int

  private var notes: [Identifier: Note] = [:]
  private var ring: [Identifier] = []
  private var oldest = 0

  init(capacity: Int) { self.capacity = capacity }

  /// Notes something of an order, unless something is noted already.
  mutating func insert(_ order: Identifier, _ note: Note) {
    guard capacity > 0, notes[order] == nil else { return }
    notes[order] = note
    if ring.count < capacity {
      ring.append(order)
    } else {
      notes[ring[oldest]] = nil
      ring[oldest] = order
      oldest = (oldest + 1) % capacity
    }
  }

  func find(_ order: Identifier) -> Note? { notes[order] }
}
