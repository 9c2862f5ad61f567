import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct PercentileDistributionTests {
  @Test func `the text is the one that HdrHistogram writes`() {
    var histogram = LatencyHistogram()
    for value in UInt64(1)...10 { histogram.record(nanoseconds: value * 1_000_000) }
    // Buckets of three digits end above the value: 4.001 ms stands for 4 ms.
    #expect(
      histogram.percentileDistribution(ticks: 2) == """
               Value     Percentile TotalCount 1/(1-Percentile)

               1.000 0.000000000000          1           1.00
               3.000 0.250000000000          3           1.33
               5.001 0.500000000000          5           2.00
               7.000 0.625000000000          7           2.67
               8.004 0.750000000000          8           4.00
               9.003 0.812500000000          9           5.33
               9.003 0.875000000000          9           8.00
              10.002 0.906250000000         10          10.67
              10.002 1.000000000000         10
        #[Mean    =        5.500, StdDeviation   =        2.872]
        #[Max     =       10.002, Total count    =           10]
        #[Buckets =           30, SubBuckets     =         2048]

        """)
  }

  @Test func `nothing recorded is a head and a foot`() {
    let lines = LatencyHistogram().percentileDistribution().split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[2] == "#[Max     =        0.000, Total count    =            0]")
  }

  @Test func `values and totals rise to all there is`() {
    var generator = SeededGenerator()
    var histogram = LatencyHistogram()
    for _ in 0..<Int.random(in: 1...50_000, using: &generator) {
      let magnitude = UInt64.random(in: 0...38, using: &generator)
      histogram.record(nanoseconds: UInt64.random(in: 0...(1 << magnitude), using: &generator))
    }
    let steps = histogram.percentileSteps(ticks: 5)
    for (earlier, later) in zip(steps, steps.dropFirst()) {
      #expect(earlier.value <= later.value && earlier.total <= later.total)
      #expect(earlier.level < later.level)
    }
    for step in steps {
      #expect(Double(step.total) >= step.level / 100 * Double(histogram.count) - 1e-6)
      if step.level < 100 {
        #expect(histogram.percentile(step.level) == min(step.value, histogram.maximum))
      }
    }
    #expect(steps.last?.level == 100 && steps.last?.total == histogram.count)
  }
}
