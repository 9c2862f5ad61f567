/// Bounds of a histogram's buckets: each power of two of a range is cut into equal parts.
///
/// Log-linear bounds make a value's bucket a matter of counting leading zeros; no list is searched.
/// As Prometheus wants it, a bucket includes its upper bound.
public struct Buckets: Sendable, Hashable {
  /// What one raw unit is worth in the exposed unit: 1e-9 for nanoseconds shown as seconds.
  public let scale: Double
  /// The first bucket ends at two to this power, in raw units.
  public let firstExponent: Int
  /// The last finite bucket ends at two to this power.
  public let lastExponent: Int
  /// Each power of two has two to this power parts.
  public let subdivision: Int

  /// Buckets that one histogram may have, the infinite one included.
  public static let maximumCount = 64

  /// Traps if the bounds do not rise or are more than ``maximumCount``.
  public init(scale: Double, firstExponent: Int, lastExponent: Int, subdivision: Int) {
    precondition(firstExponent >= subdivision && lastExponent > firstExponent && lastExponent < 62)
    self.scale = scale
    self.firstExponent = firstExponent
    self.lastExponent = lastExponent
    self.subdivision = subdivision
    precondition(count <= Self.maximumCount, "a histogram has at most \(Self.maximumCount) buckets")
  }

  /// Durations in nanoseconds, shown in seconds: 8 µs to 17 s, two parts to a power of two.
  public static let durations = Buckets(
    scale: 1e-9, firstExponent: 13, lastExponent: 34, subdivision: 1)

  /// Plain numbers such as batch sizes: 1, 2, 4 … 4096.
  public static let sizes = Buckets(scale: 1, firstExponent: 0, lastExponent: 12, subdivision: 0)

  /// Buckets, the infinite one included.
  public var count: Int { ((lastExponent - firstExponent) << subdivision) + 2 }

  /// The bucket that `value` (raw units) falls into.
  @inline(__always)
  public func index(of value: UInt64) -> Int {
    // One less, so that a value on a bound belongs below it.
    let probe = value == 0 ? 0 : value - 1
    let exponent = 63 - probe.leadingZeroBitCount
    if exponent < firstExponent { return 0 }
    if exponent >= lastExponent { return count - 1 }
    let part = Int(truncatingIfNeeded: probe >> UInt64(exponent - subdivision))
    return 1 + ((exponent - firstExponent) << subdivision) + (part & ((1 << subdivision) - 1))
  }

  /// The upper bound of bucket `index` in raw units; nil for the infinite one.
  public func upperBound(_ index: Int) -> UInt64? {
    if index >= count - 1 { return nil }
    if index == 0 { return 1 << UInt64(firstExponent) }
    let exponent = firstExponent + ((index - 1) >> subdivision)
    let part = (index - 1) & ((1 << subdivision) - 1)
    return (1 << UInt64(exponent)) + UInt64(part + 1) << UInt64(exponent - subdivision)
  }
}
