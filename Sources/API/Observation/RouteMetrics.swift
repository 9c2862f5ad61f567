internal import Telemetry

/// Counts and times the requests of one route on one loop. Loop-confined.
///
/// The labels of a status are made when it first occurs; from then on counting is two array reads
/// and some relaxed additions.
final class RouteMetrics {
  private let registry: MetricsRegistry
  private let labels: [(String, String)]
  private var counters: [Counter?]
  private var histograms: [Histogram?]

  /// Status codes that are counted: 0 to 599.
  private static let statusCount = 600

  /// What is written as the route of requests that have none.
  static let noRoute = "(none)"

  /// The status that stands for clients that went away before their answer.
  static let clientGone = 499

  init(route: String, method: String, registry: MetricsRegistry) {
    self.registry = registry
    labels = [("route", route), ("method", method)]
    counters = Array(repeating: nil, count: Self.statusCount)
    histograms = Array(repeating: nil, count: Self.statusCount / 100)
  }

  @inline(__always)
  func record(status: Int, nanoseconds: UInt64) {
    (counters[status] ?? makeCounter(status)).add()
    (histograms[status / 100] ?? makeHistogram(status / 100)).observe(nanoseconds: nanoseconds)
  }

  private func makeCounter(_ status: Int) -> Counter {
    let counter = registry.counter(
      "spillway_http_requests_total", "Requests answered, by route and status.",
      labels: labels + [("status", String(status))])
    counters[status] = counter
    return counter
  }

  private func makeHistogram(_ statusClass: Int) -> Histogram {
    let histogram = registry.histogram(
      "spillway_http_request_seconds", "From the whole request to its answer.",
      labels: labels + [("status", "\(statusClass)xx")])
    histograms[statusClass] = histogram
    return histogram
  }
}
