/// Where a figure goes in the course of a run.
struct Trend: Sendable, Equatable {
  /// Its level at the beginning, by the line.
  let level: Double
  /// What the line gains until the end.
  let growth: Double

  /// Values that the slope is taken from; longer series are averaged down to so many.
  static let maximumValues = 200

  /// Fits a line through values of equal distance: its slope is the median of the slopes between all pairs
  /// of them (Theil, 1950; Sen, 1968), so that single outliers do not bend it.
  ///
  /// - Returns: nil for fewer than four values.
  init?(_ values: [Double]) {
    let values = Self.averaged(values, to: Self.maximumValues)
    guard values.count >= 4 else { return nil }
    var slopes: [Double] = []
    slopes.reserveCapacity(values.count * (values.count - 1) / 2)
    for later in 1..<values.count {
      for earlier in 0..<later {
        slopes.append((values[later] - values[earlier]) / Double(later - earlier))
      }
    }
    let slope = Self.median(slopes)
    level = Self.median(values.enumerated().map { $1 - slope * Double($0) })
    growth = slope * Double(values.count - 1)
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// Means of as many equal parts as there may be values.
  static func averaged(_ values: [Double], to count: Int) -> [Double] {
    guard values.count > count else { return values }
    return (0..<count).map { part in
      let range = values[(part * values.count / count)..<((part + 1) * values.count / count)]
      return range.reduce(0, +) / Double(range.count)
    }
  }
}
