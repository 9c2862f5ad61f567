/// Says how fast a room admits. The admitter asks once a second.
public protocol AdmissionRate {
  /// The rate of the next second. The room's own rate bounds it, whatever is answered.
  mutating func pace(under conditions: AdmissionConditions) -> AdmissionPace
}

/// What an admission rate is chosen by.
public struct AdmissionConditions: Sendable, Equatable {
  public var terms: RoomTerms
  /// Tickets that wait.
  public var waiting: Int
  /// What the last second showed.
  public var reading: AdmissionController.Reading

  public init(terms: RoomTerms, waiting: Int, reading: AdmissionController.Reading) {
    self.terms = terms
    self.waiting = waiting
    self.reading = reading
  }
}

/// A rate, and why if it has just changed.
public struct AdmissionPace: Sendable, Equatable {
  /// Visitors a second.
  public var perSecond: Double
  /// For the log; `nil` while the rate stays.
  public var reason: String?

  public init(perSecond: Double, reason: String?) {
    self.perSecond = perSecond
    self.reason = reason
  }
}

/// The operator's rate as it stands.
public struct OperatorRate: AdmissionRate {
  public init() {}

  public mutating func pace(under conditions: AdmissionConditions) -> AdmissionPace {
    AdmissionPace(perSecond: Double(conditions.terms.ratePerSecond), reason: nil)
  }
}
