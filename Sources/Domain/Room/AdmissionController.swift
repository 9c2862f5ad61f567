/// Moves a room's admission rate within an operator's limits, by what the shop behind the room can
/// bear. Pure: it is told a reading each second and answers with the rate of the next one.
///
/// Additive increase, multiplicative decrease (Chiu and Jain, "Analysis of the increase and decrease
/// algorithms for congestion avoidance in computer networks", 1989), which settles near the bearable
/// rate from either side. Two things keep it from swinging:
/// - Between the mark under which it rises and the one over which it falls nothing is changed, and
///   neither is done for a single reading.
/// - After a fall it waits until the visitors that were admitted before have gone through.
///
/// While free places or waiting visitors are what limits admission, the rate is not raised: nothing
/// has been learnt about a higher one (RFC 7661 says the same of congestion windows).
public struct AdmissionController: Sendable, Equatable {
  /// Within what the rate moves, and what the shop shall not exceed.
  public struct Limits: Sendable, Equatable {
    /// Admissions a second.
    public var rates: ClosedRange<Int>
    /// Milliseconds that the 95th percentile of the shop's answers shall not exceed.
    public var latency: Double
    /// The share of failed answers, from 0 to 1, that shall not be exceeded.
    public var failures: Double

    public init(rates: ClosedRange<Int>, latency: Double, failures: Double) {
      self.rates = rates
      self.latency = latency
      self.failures = failures
    }
  }

  /// What one second showed.
  public struct Reading: Sendable, Equatable {
    /// The shop's answers in that second, the 95th percentile of their latency in milliseconds, and
    /// the failures among them; nil if no node told.
    public var load: Load?
    public var freePlaces: Int
    /// Visitors admitted in that second.
    public var admitted: Int

    public struct Load: Sendable, Equatable {
      public var answers: Int
      public var failures: Int
      public var percentile95: Double

      public init(answers: Int, failures: Int, percentile95: Double) {
        self.answers = answers
        self.failures = failures
        self.percentile95 = percentile95
      }

      public var failureShare: Double {
        answers == 0 ? 0 : Double(failures) / Double(answers)
      }
    }

    public init(load: Load?, freePlaces: Int, admitted: Int) {
      self.load = load
      self.freePlaces = freePlaces
      self.admitted = admitted
    }
  }

  /// Why a rate was changed.
  public enum Reason: Sendable, Equatable {
    case slow(percentile95: Double)
    case failing(share: Double)
    case calm(percentile95: Double)
    /// The operator's limits leave out the old rate.
    case limits
  }

  public struct Change: Sendable, Equatable {
    public let from: Int
    public let to: Int
    public let reason: Reason
  }

  // MARK: Pace

  /// Readings over a mark in a row before the rate falls.
  static let readingsToFall = 2
  /// Readings under the marks in a row before it rises.
  static let readingsToRise = 3
  /// Readings after a fall in which it does not fall again.
  static let readingsToSettle = 5
  /// What a fall leaves of the rate.
  static let remainder = 0.7
  /// How much of the way from lowest to highest a rise goes.
  static let rise = 0.05
  /// It rises below this share of what shall not be exceeded.
  static let calmShare = 0.7
  /// It rises when this share of the rate was used.
  static let usedShare = 0.8
  /// Fewer answers than this tell nothing about latency or failures.
  static let telling = 20

  public private(set) var rate: Int
  private var limits: Limits
  private var over = 0
  private var under = 0
  private var settling = 0

  /// Begins with the highest rate: what the operator trusts the shop with until it shows otherwise.
  public init(limits: Limits) {
    self.limits = limits
    rate = limits.rates.upperBound
  }

  /// Takes other limits.
  ///
  /// - Returns: the change, if the rate lies outside of them.
  public mutating func set(_ limits: Limits) -> Change? {
    self.limits = limits
    return move(
      to: min(max(rate, limits.rates.lowerBound), limits.rates.upperBound), because: .limits)
  }

  /// Takes the reading of a second.
  ///
  /// - Returns: the change of the rate, if there is one.
  public mutating func take(_ reading: Reading) -> Change? {
    settling = max(0, settling - 1)
    // Without news everything stays as it is.
    guard let load = reading.load else { return nil }
    if let reason = overload(load) {
      under = 0
      over += 1
      guard over >= Self.readingsToFall, settling == 0 else { return nil }
      over = 0
      settling = Self.readingsToSettle
      let lower = min(rate - 1, Int(Double(rate) * Self.remainder))
      return move(to: max(limits.rates.lowerBound, lower), because: reason)
    }
    over = 0
    guard isCalm(load), isUsed(reading) else {
      under = 0
      return nil
    }
    under += 1
    guard under >= Self.readingsToRise, settling == 0 else { return nil }
    under = 0
    let span = limits.rates.upperBound - limits.rates.lowerBound
    let step = max(1, Int((Double(span) * Self.rise).rounded()))
    return move(
      to: min(limits.rates.upperBound, rate + step),
      because: .calm(percentile95: load.percentile95))
  }

  private func overload(_ load: Reading.Load) -> Reason? {
    guard load.answers >= Self.telling else { return nil }
    if load.failureShare > limits.failures { return .failing(share: load.failureShare) }
    if load.percentile95 > limits.latency { return .slow(percentile95: load.percentile95) }
    return nil
  }

  /// A shop with hardly anything to do is calm, whatever its few answers took.
  private func isCalm(_ load: Reading.Load) -> Bool {
    load.answers < Self.telling
      || load.percentile95 < limits.latency * Self.calmShare
        && load.failureShare <= limits.failures * Self.calmShare
  }

  private func isUsed(_ reading: Reading) -> Bool {
    reading.freePlaces > 0 && Double(reading.admitted) >= Double(rate) * Self.usedShare
  }

  private mutating func move(to next: Int, because reason: Reason) -> Change? {
    guard next != rate else { return nil }
    defer { rate = next }
    return Change(from: rate, to: next, reason: reason)
  }
}

extension AdmissionController.Reason: CustomStringConvertible {
  /// For the log.
  public var description: String {
    switch self {
    case .slow(let latency): "answers are slow: P95 \(Self.rounded(latency)) ms"
    case .failing(let share): "answers fail: \(Self.rounded(share * 100)) %"
    case .calm(let latency): "the shop is calm: P95 \(Self.rounded(latency)) ms"
    case .limits: "the operator's limits"
    }
  }

  private static func rounded(_ number: Double) -> Double { (number * 10).rounded() / 10 }
}
