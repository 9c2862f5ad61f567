internal import Foundation

/// One axis: which values it spans, and where its marks are.
struct PlotAxis: Sendable, Equatable {
  let lowest: Double
  let highest: Double
  let isLogarithmic: Bool
  let ticks: [Double]

  /// An axis from zero over `values`, with round numbers at some `count` marks.
  static func linear(_ values: [Double], count: Int = 4) -> PlotAxis {
    let most = max(values.max() ?? 0, 0)
    guard most > 0 else {
      return PlotAxis(lowest: 0, highest: 1, isLogarithmic: false, ticks: [0, 1])
    }
    let step = roundStep(most / Double(count))
    let marks = (most / step).rounded(.up)
    return PlotAxis(
      lowest: 0, highest: marks * step, isLogarithmic: false,
      ticks: (0...Int(marks)).map { Double($0) * step })
  }

  /// An axis over the powers of ten around the values above zero.
  static func logarithmic(_ values: [Double]) -> PlotAxis {
    let known = values.filter { $0 > 0 }
    let first = log10(known.min() ?? 1).rounded(.down)
    let last = max(log10(known.max() ?? 10).rounded(.up), first + 1)
    return PlotAxis(
      lowest: pow(10, first), highest: pow(10, last), isLogarithmic: true,
      ticks: (Int(first)...Int(last)).map { pow(10, Double($0)) })
  }

  /// Where a value lies, from 0 at the beginning to 1 at the end; beyond either it is held there.
  func place(of value: Double) -> Double {
    let share =
      isLogarithmic
      ? (log10(max(value, lowest)) - log10(lowest)) / (log10(highest) - log10(lowest))
      : (value - lowest) / (highest - lowest)
    return min(max(share, 0), 1)
  }

  /// The smallest of 1, 2 and 5 times a power of ten that is no less than `step`.
  static func roundStep(_ step: Double) -> Double {
    let power = pow(10, log10(step).rounded(.down))
    return [1, 2, 5].map { $0 * power }.first { $0 >= step * 0.999_999 } ?? 10 * power
  }

  /// A value as its mark says it: `0.5`, `20`, `1.5k`, `3M`.
  static func label(_ value: Double) -> String {
    for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= unit {
      return short(value / unit) + name
    }
    return short(value)
  }

  private static func short(_ value: Double) -> String {
    for places in 0...3 {
      let text = TextFormat.fixed(value, places)
      if abs((Double(text) ?? .infinity) - value) <= abs(value) * 1e-6 { return text }
    }
    return TextFormat.fixed(value, 4)
  }
}
