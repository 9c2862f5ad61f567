internal import Synchronization

/// Counts observations by size. Safe and lock-free from any thread.
///
/// A reader may see an observation in the sum and not yet in the buckets: good enough for metrics,
/// and it keeps an observation at two relaxed additions.
public final class Histogram: Sendable {
  /// The bounds that it counts by.
  public let buckets: Buckets
  // As many as `Buckets.maximumCount`, inline: one allocation for the whole histogram.
  private let counts = InlineArray<64, Atomic<UInt64>> { _ in Atomic(0) }
  private let total = Atomic<UInt64>(0)

  init(buckets: Buckets) {
    self.buckets = buckets
  }

  /// Counts one value in the raw unit of the buckets.
  @inline(__always)
  public func observe(_ value: Int) {
    observe(raw: UInt64(max(0, value)))
  }

  /// Counts one duration; for ``Buckets/durations``, which shows it in seconds.
  @inline(__always)
  public func observe(nanoseconds: UInt64) {
    observe(raw: nanoseconds)
  }

  private func observe(raw value: UInt64) {
    counts[buckets.index(of: value)].wrappingAdd(1, ordering: .relaxed)
    total.wrappingAdd(value, ordering: .relaxed)
  }

  /// Observations so far in each bucket (not cumulative), the infinite one last.
  public var bucketCounts: [UInt64] {
    (0..<buckets.count).map { counts[$0].load(ordering: .relaxed) }
  }

  /// Observations so far.
  public var count: UInt64 { bucketCounts.reduce(0, +) }

  /// The sum of all observed values, in the exposed unit.
  public var sum: Double { Double(total.load(ordering: .relaxed)) * buckets.scale }
}
