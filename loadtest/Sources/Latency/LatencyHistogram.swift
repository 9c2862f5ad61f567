/// Latencies counted in log-linear buckets, exact to three significant digits.
///
/// The layout is HdrHistogram's (Gil Tene): values below 2,048 have a bucket each, and every further
/// doubling is cut into 1,024 equal steps. Recording costs a shift and an addition, whatever the
/// value.
struct LatencyHistogram: Sendable, Equatable {
  /// Each doubling of the value is cut into `1 << precisionBits` buckets.
  static let precisionBits = 10

  /// The largest value told apart, in nanoseconds: some eighteen minutes. Longer ones count as this.
  static let largestValue: UInt64 = (1 << 40) - 1

  private static let bucketCount = bucket(of: largestValue) + 1

  private var buckets = [UInt64](repeating: 0, count: bucketCount)

  /// Values recorded.
  private(set) var count: UInt64 = 0
  /// The sum of all values, in nanoseconds.
  private(set) var sum: UInt64 = 0
  /// The largest value recorded, in nanoseconds; 0 when empty.
  private(set) var maximum: UInt64 = 0
  /// The smallest value recorded, in nanoseconds; 0 when empty.
  var minimum: UInt64 { count == 0 ? 0 : smallest }
  private var smallest = UInt64.max

  /// The mean in nanoseconds; 0 when empty.
  var mean: UInt64 { count == 0 ? 0 : sum / count }

  /// Counts one value.
  @inline(__always)
  mutating func record(nanoseconds value: UInt64) {
    let value = min(value, Self.largestValue)
    buckets[Self.bucket(of: value)] += 1
    count += 1
    sum += value
    if value > maximum { maximum = value }
    if value < smallest { smallest = value }
  }

  /// Adds all values of `other`.
  mutating func merge(_ other: LatencyHistogram) {
    guard other.count > 0 else { return }
    for index in buckets.indices { buckets[index] += other.buckets[index] }
    count += other.count
    sum += other.sum
    maximum = max(maximum, other.maximum)
    smallest = min(smallest, other.smallest)
  }

  /// The value that `percent` of all values do not exceed, in nanoseconds; 0 when empty.
  func percentile(_ percent: Double) -> UInt64 {
    precondition((0...100).contains(percent))
    guard count > 0 else { return 0 }
    let rank = rank(of: percent)
    var seen: UInt64 = 0
    for (index, number) in buckets.enumerated() where number > 0 {
      seen += number
      if seen >= rank { return min(Self.upperBound(of: index), maximum) }
    }
    return maximum
  }

  /// Which value, counted from the smallest as 1, a percentile is.
  func rank(of percent: Double) -> UInt64 {
    max(1, UInt64((percent / 100 * Double(count)).rounded(.up)))
  }

  /// The values that came since `earlier`, an earlier state of this histogram. Its minimum and
  /// maximum are those of the buckets, not of the values.
  func since(_ earlier: LatencyHistogram) -> LatencyHistogram {
    var difference = LatencyHistogram()
    for index in buckets.indices where buckets[index] > earlier.buckets[index] {
      difference.buckets[index] = buckets[index] - earlier.buckets[index]
      difference.maximum = min(Self.upperBound(of: index), maximum)
      difference.smallest = min(difference.smallest, Self.upperBound(of: index))
    }
    difference.count = count - earlier.count
    difference.sum = sum - earlier.sum
    return difference
  }

  /// The buckets in use: the largest value that each stands for, in nanoseconds, and its count.
  var filledBuckets: [(upperBound: UInt64, count: UInt64)] {
    buckets.enumerated().filter { $0.element > 0 }
      .map { (Self.upperBound(of: $0.offset), $0.element) }
  }

  // MARK: Layout

  @inline(__always)
  static func bucket(of value: UInt64) -> Int {
    if value < 2 << precisionBits { return Int(value) }
    let shift = 63 - value.leadingZeroBitCount - precisionBits
    return (shift << precisionBits) + Int(value >> UInt64(shift))
  }

  /// The largest value that falls into the bucket.
  static func upperBound(of bucket: Int) -> UInt64 {
    if bucket < 2 << precisionBits { return UInt64(bucket) }
    let shift = (bucket >> precisionBits) - 1
    let step = UInt64(bucket & ((1 << precisionBits) - 1)) + (1 << UInt64(precisionBits))
    return ((step + 1) << UInt64(shift)) - 1
  }
}
