import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct LatencyHistogramTests {
  @Test func `percentiles are within a thousandth of the exact ones`() {
    var generator = SeededGenerator()
    var histogram = LatencyHistogram()
    var values: [UInt64] = []
    for _ in 0..<20_000 {
      let magnitude = UInt64.random(in: 0...38, using: &generator)
      values.append(UInt64.random(in: 0...(1 << magnitude), using: &generator))
      histogram.record(nanoseconds: values.last!)
    }
    values.sort()
    for percent in [0.0, 1, 25, 50, 90, 95, 99, 99.9, 99.99, 100] {
      let rank = max(1, Int((percent / 100 * Double(values.count)).rounded(.up)))
      let exact = Double(values[rank - 1])
      let found = Double(histogram.percentile(percent))
      #expect(found >= exact && found <= exact * 1.001 + 1, "at \(percent) %")
    }
    #expect(histogram.maximum == values.last)
    #expect(histogram.minimum == values.first)
    #expect(histogram.sum == values.reduce(0, +))
  }

  @Test func `every bucket begins right behind the one before it`() {
    for bucket in 1...LatencyHistogram.bucket(of: LatencyHistogram.largestValue) {
      let first = LatencyHistogram.upperBound(of: bucket - 1) + 1
      #expect(LatencyHistogram.bucket(of: first) == bucket)
      #expect(LatencyHistogram.bucket(of: LatencyHistogram.upperBound(of: bucket)) == bucket)
    }
  }

  @Test func `merging counts all values of both`() {
    var both = LatencyHistogram()
    var one = LatencyHistogram()
    var other = LatencyHistogram()
    for value in UInt64(1)...1000 {
      both.record(nanoseconds: value * 977)
      if value % 3 == 0 {
        one.record(nanoseconds: value * 977)
      } else {
        other.record(nanoseconds: value * 977)
      }
    }
    one.merge(other)
    #expect(one == both)
  }

  @Test func `an interval holds only what came since`() {
    var histogram = LatencyHistogram()
    for _ in 0..<100 { histogram.record(nanoseconds: 1_000_000) }
    let earlier = histogram
    for _ in 0..<50 { histogram.record(nanoseconds: 5_000) }
    let interval = histogram.since(earlier)
    #expect(interval.count == 50)
    #expect(interval.mean == 5_000)
    #expect(abs(Int(interval.percentile(100)) - 5_000) <= 5)
  }

  @Test func `an empty histogram has zeros for everything`() {
    let histogram = LatencyHistogram()
    #expect(histogram.percentile(99) == 0)
    #expect(histogram.mean == 0)
    #expect(histogram.minimum == 0)
    #expect(histogram.filledBuckets.isEmpty)
  }

  @Test func `a value beyond the range counts as the largest`() {
    var histogram = LatencyHistogram()
    histogram.record(nanoseconds: .max)
    #expect(histogram.percentile(50) == LatencyHistogram.largestValue)
  }
}
