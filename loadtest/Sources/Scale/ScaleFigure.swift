/// What one run of requests took.
struct ScaleFigure: Sendable, Equatable {
  /// Requests a second.
  var rate: Double
  /// Milliseconds.
  var percentile50: Double
  var percentile99: Double
  /// Microseconds of CPU a request, user and kernel together.
  var api: Double
  var redis: Double
  var reconciler: Double
  var postgres: Double
  /// Bytes over the loopback a request, both ways, with the heads of TCP/IP and what only acknowledges.
  var network: Double

  /// The median of each value for itself; of two middle ones the lower. Nil of none.
  static func median(_ figures: [ScaleFigure]) -> ScaleFigure? {
    guard var result = figures.first else { return nil }
    let fields: [WritableKeyPath<ScaleFigure, Double>] = [
      \.rate, \.percentile50, \.percentile99, \.api, \.redis, \.reconciler, \.postgres, \.network,
    ]
    for field in fields { result[keyPath: field] = Median.of(figures.map { $0[keyPath: field] }) }
    return result
  }
}

/// The middle of several values.
enum Median {
  /// Of two middle ones the lower.
  static func of(_ values: [Double]) -> Double {
    precondition(!values.isEmpty)
    return values.sorted()[(values.count - 1) / 2]
  }
}
