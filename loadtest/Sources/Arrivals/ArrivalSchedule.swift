/// When each request of an open-loop run is due, fixed before the run.
///
/// The times do not depend on the answers. A request that starts late because the server is slow
/// still counts its latency from here, so that a stall is not hidden from the percentiles
/// ("coordinated omission").
struct ArrivalSchedule: Sendable, Equatable {
  /// How the arrivals spread over the run.
  enum Shape: String, Sendable, CaseIterable {
    /// The same rate all the time.
    case steady
    /// A rate that grows linearly from zero to twice the mean.
    case ramp
    /// All at the first moment: the connections are the only brake.
    case burst

    /// Reads a profile by its name, or by one that it had before.
    init?(name: String) {
      self.init(rawValue: name == "constant" ? "steady" : name)
    }
  }

  let shape: Shape
  /// Requests in all.
  let count: Int
  /// The mean rate, in requests a second. Without meaning for a burst.
  let rate: Double

  init(shape: Shape, count: Int, rate: Double) {
    precondition(count >= 0 && rate > 0)
    self.shape = shape
    self.count = count
    self.rate = rate
  }

  /// The planned length of the run in seconds.
  var seconds: Double { shape == .burst ? 0 : Double(count) / rate }

  /// When request `index` is due, in nanoseconds from the start of the run. Never falls with `index`.
  @inline(__always)
  func start(of index: Int) -> UInt64 {
    switch shape {
    case .steady:
      UInt64(Double(index) / rate * 1e9)
    case .ramp:
      // The number that came by time t of T is count · (t/T)².
      UInt64(seconds * (Double(index) / Double(count)).squareRoot() * 1e9)
    case .burst:
      0
    }
  }

  /// How many requests are due by a moment, in nanoseconds from the start of the run.
  func due(by moment: UInt64) -> Int {
    // Times never fall with the index, and are rounded: they are searched rather than reckoned.
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if start(of: middle) <= moment { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
