internal import EventLoop
internal import HotPath

/// Says how much of a stream under the cursor may go: what is older than the window's age, or beyond
/// its number of entries. A pure value; time comes in.
struct TrimPolicy {
  private let age: Int
  private let entries: Int
  private var total = 0
  /// Where the cursor was when so many entries had been taken, oldest first.
  private var marks: [(total: Int, position: StreamPosition)] = []
  private var last = StreamPosition.zero

  init(_ limits: ReconcilerLimits) {
    age = Int(limits.windowAge.milliseconds)
    entries = limits.windowEntries
  }

  /// Notes that so many entries were taken and that the last one is at `cursor`.
  mutating func took(_ count: Int, to cursor: StreamPosition) {
    total += count
    guard let newest = marks.last, total - newest.total < max(1, entries / 64) else {
      marks.append((total, cursor))
      return
    }
  }

  /// The lowest position to keep, never above `cursor`; `nil` when nothing more may go.
  ///
  /// - Parameter now: milliseconds of Redis' clock.
  mutating func below(now: Int, cursor: StreamPosition) -> StreamPosition? {
    var below = StreamPosition(milliseconds: max(0, now - age), sequence: 0)
    if let index = marks.lastIndex(where: { $0.total <= total - entries }) {
      below = max(below, marks[index].position)
      marks.removeFirst(index)
    }
    below = min(below, cursor)
    guard below > last else { return nil }
    last = below
    return below
  }

  /// Forgets all: the cursor was moved by somebody else.
  mutating func reset() {
    total = 0
    marks = []
    last = .zero
  }
}
