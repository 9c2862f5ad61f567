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
  let rounds: @Sendable (ComparedRounds) -> Rounds

  /// A figure round by round.
  struct Rounds: Sendable, Equatable {
    var values: [Double] = []
    /// Rounds that do not count: too many of their answers were others than the figure is about.
    var discarded = 0
  }

  /// The share of other answers that a run may have and count.
  static let largestOtherShare = 0.01
}

/// The measurements of a comparison, round by round.
struct ComparedRounds: Sendable {
  let measurements: [Comparison.Measurement]

  /// The runs of one contender under one load, in the order of the rounds.
  func runs(of contender: String, _ load: CompareLoad) -> [Comparison.Measurement] {
    measurements.filter { $0.contender == contender && $0.load == load }
  }

  /// The requests a second of Spillway over those of something that was measured in the same round.
  func rate(
    of load: CompareLoad, over other: (contender: String, load: CompareLoad)
  ) -> Aim.Rounds {
    var rounds = Aim.Rounds()
    let pairs = zip(runs(of: SpillwayContender.title, load), runs(of: other.contender, other.load))
    for (own, others) in pairs {
      if Self.counts(own), Self.counts(others) {
        rounds.values.append(own.report.rate / others.report.rate)
      } else {
        rounds.discarded += 1
      }
    }
    return rounds
  }

  /// A value of each of Spillway's runs under a load, where it is known.
  func each(
    _ load: CompareLoad, _ value: (Comparison.Measurement) -> Double?
  ) -> Aim.Rounds {
    let runs = runs(of: SpillwayContender.title, load)
    let counted = runs.filter(Self.counts)
    return Aim.Rounds(
      values: counted.compactMap(value), discarded: runs.count - counted.count)
  }

  private static func counts(_ run: Comparison.Measurement) -> Bool {
    run.report.otherShare <= Aim.largestOtherShare
  }
}
