internal import Domain

/// What a loop remembers of the orders that it acknowledged last. Bounded; older ones make room for newer
/// ones.
///
/// A table of rows, of which an order's id names one: its lower half is a digest's. To remember an order
/// touches one row, where a dictionary with a queue beside it would hash three times and look in as many
/// places. Within a row the oldest goes first; a row that many fall into forgets sooner than the others.
struct RecentOrders<Note> {
  /// Orders that are remembered; 0 for none.
  let capacity: Int

  /// Orders of one row: their ids fill a line of the processor's cache.
  private let width: Int
  private let rows: Int
  /// Row behind row, made with the first order.
  private var orders: [Identifier] = []
  private var notes: [Note?] = []
  /// The place of each row that is filled next.
  private var next: [UInt8] = []

  /// - Parameter capacity: rounded down to whole rows.
  init(capacity: Int) {
    width = min(4, capacity)
    rows = width > 0 ? capacity / width : 0
    self.capacity = rows * width
  }

  /// Notes something of an order, unless something is noted already.
  mutating func insertUnlessKnown(_ order: Identifier, _ note: Note) {
    if find(order) == nil { insert(order, note) }
  }

  /// Notes something of an order of which nothing is noted yet; one that is noted twice takes two places.
  ///
  /// What stood in its place is not read, so that it need not be in the processor's cache. This holds for notes
  /// without references: others are released.
  mutating func insert(_ order: Identifier, _ note: Note) {
    guard capacity > 0 else { return }
    if orders.isEmpty { makeRoom() }
    let row = row(of: order)
    let place = row * width + Int(next[row])
    orders[place] = order
    notes[place] = note
    next[row] = (next[row] + 1) % UInt8(width)
  }

  func find(_ order: Identifier) -> Note? {
    guard !orders.isEmpty else { return nil }
    return place(of: order, in: row(of: order)).flatMap { notes[$0] }
  }

  private mutating func makeRoom() {
    orders = Array(repeating: Identifier(high: 0, low: 0), count: capacity)
    notes = Array(repeating: nil, count: capacity)
    next = Array(repeating: 0, count: rows)
  }

  private func row(of order: Identifier) -> Int { Int(order.low % UInt64(rows)) }

  private func place(of order: Identifier, in row: Int) -> Int? {
    for place in row * width..<(row + 1) * width
    where orders[place] == order && notes[place] != nil {
      return place
    }
    return nil
  }
}
