internal import Foundation

extension LatencyHistogram {
  /// The percentile distribution as text, in the form that HdrHistogram's tools read and plot (`.hgrm`).
  ///
  /// Form and steps are those of `AbstractHistogram.outputPercentileDistribution` and `PercentileIterator`
  /// of HdrHistogram by Gil Tene (https://github.com/HdrHistogram/HdrHistogram, in the public domain):
  /// each line tells the largest value of a bucket, the share of all values that it stands for, how many
  /// values do not exceed it, and 1/(1 − share); the steps halve with the distance from the end.
  ///
  /// - Parameters:
  ///   - ticks: lines for each halving of the distance from 100 %.
  ///   - unit: nanoseconds of the unit that values are told in; milliseconds by default.
  func percentileDistribution(ticks: Int = 5, unit: Double = 1e6) -> String {
    precondition(ticks > 0 && unit > 0)
    var text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
    for step in percentileSteps(ticks: ticks) {
      let share = step.level / 100
      text += String(
        format: "%12.3f %2.12f %10ld", Double(step.value) / unit, share, Int(step.total))
      text += step.level < 100 ? String(format: " %14.2f\n", 1 / (1 - share)) : "\n"
    }
    let (mean, deviation) = meanAndDeviation
    text += String(
      format: "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean / unit, deviation / unit)
    let largest = count == 0 ? 0 : Self.upperBound(of: Self.bucket(of: maximum))
    text += String(
      format: "#[Max     = %12.3f, Total count    = %12ld]\n", Double(largest) / unit, Int(count))
    text += String(
      format: "#[Buckets = %12ld, SubBuckets     = %12ld]\n", Self.doublings,
      2 << Self.precisionBits)
    return text
  }

  /// One line of the distribution.
  struct PercentileStep: Equatable {
    /// The largest value of the bucket, in nanoseconds.
    let value: UInt64
    /// In percent.
    let level: Double
    /// Values that do not exceed it.
    let total: UInt64
  }

  /// The steps of the distribution, from the least value to 100 %.
  func percentileSteps(ticks: Int) -> [PercentileStep] {
    var steps: [PercentileStep] = []
    var level = 0.0
    var total: UInt64 = 0
    for (value, number) in filledBuckets {
      total += number
      // A bucket may take several steps at once; the end has a step of its own.
      while total <= count, total >= rank(of: level) {
        steps.append(PercentileStep(value: value, level: level, total: total))
        if total == count { break }
        let halvings = Int(log2(100 / (100 - level))) + 1
        level += 100 / (Double(ticks) * exp2(Double(halvings)))
      }
    }
    if let last = steps.last {
      steps.append(PercentileStep(value: last.value, level: 100, total: count))
    }
    return steps
  }

  /// Doublings that the range has, the first 2,048 values counted as one.
  private static var doublings: Int {
    (UInt64.bitWidth - largestValue.leadingZeroBitCount) - precisionBits
  }

  /// Mean and standard deviation in nanoseconds, each bucket taken for its middle.
  private var meanAndDeviation: (mean: Double, deviation: Double) {
    guard count > 0 else { return (0, 0) }
    let middles = filledBuckets.map { upper, number in
      (value: Double(Self.middle(ofBucketUpTo: upper)), number: Double(number))
    }
    let mean = middles.reduce(0) { $0 + $1.value * $1.number } / Double(count)
    let squares = middles.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) * $1.number }
    return (mean, (squares / Double(count)).squareRoot())
  }

  private static func middle(ofBucketUpTo upper: UInt64) -> UInt64 {
    let bucket = bucket(of: upper)
    let lower = bucket == 0 ? 0 : upperBound(of: bucket - 1) + 1
    return lower + (upper - lower + 1) / 2
  }
}
