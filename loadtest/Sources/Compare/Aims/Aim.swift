/// A figure of a comparison, and what it has to be.
struct Aim: Sendable {
  enum Bound: Sendable, Equatable {
    case atLeast(Double)
    case atMost(Double)

    func holds(for value: Double) -> Bool {
      switch self {
      case .atLeast(let least): value >= least
      case .atMost(let most): value <= most
      }
    }

    /// The middle of several values, of two middle ones the worse; nil of none.
    func middle(of values: [Double]) -> Double? {
      guard !values.isEmpty else { return nil }
      let fromWorst = if case .atLeast = self { values.sorted() } else { values.sorted(by: >) }
      return fromWorst[(values.count - 1) / 2]
    }
  }

  /// In words, with its unit.
  let figure: String
  let bound: Bound
  /// Digits behind the point in reports.
  let digits: Int
  /// The figure in each round; none where something that it follows from was not measured.
  let rounds: @Sendable (ComparedRounds) -> [Double]
}

/// The measurements of a comparison, round by round.
struct ComparedRounds: Sendable {
  let measurements: [Comparison.Measurement]

  /// The runs of one contender under one load, in the order of the rounds.
  func runs(of contender: String, _ load: CompareLoad) -> [Comparison.Measurement] {
    measurements.filter { $0.contender == contender && $0.load == load }
  }

  /// The requests a second of Spillway over those of something that was measured in the same round.
  func rate(of load: CompareLoad, over other: (contender: String, load: CompareLoad)) -> [Double] {
    zip(runs(of: SpillwayContender.title, load), runs(of: other.contender, other.load))
      .map { $0.report.rate / $1.report.rate }
  }

  /// A value of each of Spillway's runs under a load, where it is known.
  func each(
    _ load: CompareLoad, _ value: (Comparison.Measurement) -> Double?
  ) -> [Double] {
    runs(of: SpillwayContender.title, load).compactMap(value)
  }
}
