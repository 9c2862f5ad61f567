import Telemetry
import Testing

@Suite struct MetricsTests {
  @Test func `registering again gives the same metric, whatever the order of labels`() {
    let registry = MetricsRegistry()
    let first = registry.counter("c_total", "c", labels: [("a", "1"), ("b", "2")])
    let again = registry.counter("c_total", "c", labels: [("b", "2"), ("a", "1")])
    let other = registry.counter("c_total", "c", labels: [("a", "1"), ("b", "3")])
    #expect(first === again)
    #expect(first !== other)
    #expect(registry.gauge("g", "g") === registry.gauge("g", "g"))
    #expect(registry.histogram("h", "h") === registry.histogram("h", "h"))
  }

  @Test func `the text has one HELP and TYPE a family, and escapes what it must`() {
    let registry = MetricsRegistry()
    registry.counter("requests_total", "Requests\nso far \\", labels: [("route", "a\"\\\n")]).add(2)
    registry.gauge("lag_seconds", "Lag").set(0.25)
    registry.counter("requests_total", "Requests\nso far \\", labels: [("route", "b")]).add()
    registry.gauge("computed", "Asked for", read: { 7 })
    let text = String(decoding: registry.render(), as: UTF8.self)
    #expect(
      text == #"""
        # HELP requests_total Requests\nso far \\
        # TYPE requests_total counter
        requests_total{route="a\"\\\n"} 2
        requests_total{route="b"} 1
        # HELP lag_seconds Lag
        # TYPE lag_seconds gauge
        lag_seconds 0.25
        # HELP computed Asked for
        # TYPE computed gauge
        computed 7

        """#)
  }

  @Test func `a histogram is cumulative, in seconds, and ends with infinity`() {
    let registry = MetricsRegistry()
    let histogram = registry.histogram("call_seconds", "Calls", labels: [("kind", "x")])
    histogram.observe(nanoseconds: 1)
    histogram.observe(nanoseconds: 1_000_000)
    histogram.observe(nanoseconds: 60_000_000_000)
    let lines = String(decoding: registry.render(), as: UTF8.self).split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("call_seconds_bucket{kind=\"x\",le=\"8.19") })
    #expect(lines.contains("call_seconds_bucket{kind=\"x\",le=\"+Inf\"} 3"))
    #expect(lines.contains("call_seconds_count{kind=\"x\"} 3"))
    #expect(abs(histogram.sum - 60.001) < 0.000_001)
    let counts = lines.filter { $0.contains("_bucket") }.map {
      Int($0.split(separator: " ").last!)!
    }
    #expect(counts == counts.sorted())
    #expect(counts.count == Buckets.durations.count)
  }

  @Test(arguments: [Buckets.durations, .sizes])
  func `each value falls into the first bucket whose bound is not below it`(buckets: Buckets) {
    let bounds = (0..<buckets.count - 1).map { buckets.upperBound($0)! }
    #expect(bounds == bounds.sorted())
    #expect(Set(bounds).count == bounds.count)
    #expect(buckets.upperBound(buckets.count - 1) == nil)
    let probes = bounds.flatMap { [$0 - 1, $0, $0 + 1] } + [0, 1, .max]
    for probe in probes {
      let expected = bounds.firstIndex { $0 >= probe } ?? bounds.count
      #expect(buckets.index(of: probe) == expected, "value \(probe)")
    }
  }

  @Test func `nothing is lost when threads count together`() async {
    let registry = MetricsRegistry()
    let counter = registry.counter("c_total", "c")
    let gauge = registry.gauge("g", "g")
    let histogram = registry.histogram("h", "h", buckets: .sizes)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for number in 0..<10_000 {
            counter.add()
            gauge.add(1)
            histogram.observe(number % 8)
          }
        }
      }
    }
    #expect(counter.value == 40_000)
    #expect(gauge.value == 40_000)
    #expect(histogram.count == 40_000)
  }
}
