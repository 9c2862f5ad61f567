internal import Synchronization

/// All metrics of a process, by name and labels.
///
/// Registering takes a lock, so it is done once and the metric kept; using a metric takes none.
/// Registering the same name and labels again gives the same metric; another type under a name that
/// is taken is a programming error and traps.
public final class MetricsRegistry: Sendable {
  private let families = Mutex(Families())

  public init() {}

  /// A counter; its name ends in `_total` by convention.
  public func counter(
    _ name: String, _ help: String, labels: [(String, String)] = []
  ) -> Counter {
    families.withLock { families in
      let metric = families.metric(name, help, "counter", labels) { .counter(Counter()) }
      guard case .counter(let counter) = metric else { fatalError("\(name) is computed") }
      return counter
    }
  }

  /// A gauge that is set by the part that knows its value.
  public func gauge(_ name: String, _ help: String, labels: [(String, String)] = []) -> Gauge {
    families.withLock { families in
      let metric = families.metric(name, help, "gauge", labels) { .gauge(Gauge()) }
      guard case .gauge(let gauge) = metric else { fatalError("\(name) is computed") }
      return gauge
    }
  }

  /// A histogram; with ``Buckets/durations`` its name ends in `_seconds` by convention.
  public func histogram(
    _ name: String, _ help: String, labels: [(String, String)] = [],
    buckets: Buckets = .durations
  ) -> Histogram {
    families.withLock { families in
      let metric = families.metric(name, help, "histogram", labels) {
        .histogram(Histogram(buckets: buckets))
      }
      guard case .histogram(let histogram) = metric else { fatalError("\(name) is no histogram") }
      precondition(histogram.buckets == buckets, "\(name) has other buckets")
      return histogram
    }
  }

  /// A gauge whose value is asked for at each ``render()``, from any thread. Registered again, the
  /// later `read` takes the place of the earlier.
  public func gauge(
    _ name: String, _ help: String, labels: [(String, String)] = [],
    read: @escaping @Sendable () -> Double
  ) {
    families.withLock { $0.replace(name, help, "gauge", labels, by: .computed(read)) }
  }

  /// A counter whose value is kept elsewhere; see ``gauge(_:_:labels:read:)``.
  public func counter(
    _ name: String, _ help: String, labels: [(String, String)] = [],
    read: @escaping @Sendable () -> Double
  ) {
    families.withLock { $0.replace(name, help, "counter", labels, by: .computed(read)) }
  }

  /// All metrics in Prometheus' text format 0.0.4, in order of registration.
  public func render() -> [UInt8] {
    // Copied out: a computed metric may itself register or take time.
    let families = families.withLock { $0.list }
    var output = PrometheusText()
    for family in families { output.write(family) }
    return output.bytes
  }
}
