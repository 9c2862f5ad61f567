internal import EventLoop
internal import HotPath

/// What a stream measures.
struct StreamMeasure: Equatable {
  var entries: Int
  /// The oldest entry; `nil` without any.
  var oldest: StreamPosition?
  /// The last id that was given.
  var last: StreamPosition
  /// The memory it takes, about.
  var bytes: Int
}

/// Says how much of a stream under the cursor may go: what is older than the window's age, or beyond
/// its number of entries or bytes. A pure value; time comes in.
///
/// It counts what lies under the cursor as low as it may be: the entries taken since it began, and once
/// the cursor has passed what was the stream's end at a measure, all that was measured, whoever took it.
struct TrimPolicy {
  /// What one trim drops.
  struct Order: Equatable {
    /// The lowest position to keep, never above the cursor.
    let below: StreamPosition
    /// The oldest entry as measured.
    let oldest: StreamPosition
    /// Entries to drop from there on, if it is still the oldest.
    let excess: Int
  }

  /// What one trim did.
  struct Outcome {
    /// The oldest entry was the one in the order.
    let isSame: Bool
    let removed: Int
    let measure: StreamMeasure
  }

  private let age: Int
  private let entries: Int
  private let bytes: Int
  /// Entries under the cursor, at least.
  private var under = 0
  /// Where the stream began last.
  private var oldest = StreamPosition.zero
  /// A measure whose end the cursor has not passed yet.
  private var waiting: StreamMeasure?
  /// What an entry takes, on average.
  private var bytesPerEntry = 0.0

  init(_ limits: ReconcilerLimits) {
    age = Int(limits.windowAge.milliseconds)
    entries = limits.windowEntries
    bytes = limits.windowBytes
  }

  /// Notes that the cursor moved over so many entries.
  mutating func took(_ count: Int) { under += count }

  /// What to drop now.
  ///
  /// - Parameter now: milliseconds of Redis' clock.
  mutating func order(now: Int, cursor: StreamPosition) -> Order {
    if let measure = waiting, measure.last <= cursor {
      under = max(under, measure.entries)
      waiting = nil
    }
    return Order(
      below: min(StreamPosition(milliseconds: max(0, now - age), sequence: 0), cursor),
      oldest: oldest, excess: max(0, under - window))
  }

  /// Notes what came of the last order.
  mutating func took(_ outcome: Outcome) {
    let measure = outcome.measure
    if measure.entries > 0 { bytesPerEntry = Double(measure.bytes) / Double(measure.entries) }
    oldest = measure.oldest ?? .zero
    if outcome.isSame {
      under = max(0, under - outcome.removed)
      waiting?.entries -= outcome.removed
    } else {
      // Nothing is known of how much somebody else has dropped.
      reset()
    }
    // One that waits stays: the cursor may never reach the end of a stream that keeps growing.
    if waiting == nil { waiting = measure }
  }

  /// Forgets what it counted: the cursor was moved by somebody else.
  mutating func reset() {
    under = 0
    waiting = nil
  }

  /// Entries to keep.
  private var window: Int {
    let fitting = bytesPerEntry > 0 ? Int(min(Double(bytes) / bytesPerEntry, 1e9)) : entries
    return max(1, min(entries, fitting))
  }
}
