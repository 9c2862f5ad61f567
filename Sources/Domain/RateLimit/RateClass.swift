/// What kind of route a request came for, as rate policies choose routes.
public enum RateClass: String, Sendable, CaseIterable {
  /// What a crowd comes for.
  case hot
  /// Reads, of anybody's.
  case read
  /// Changes, of anybody's.
  case write
  /// Operators' routes.
  case admin
}

/// A route as rate policies see it.
public struct RateRoute: Sendable, Hashable {
  /// The route's own name, as the OpenAPI document has it.
  public let name: String
  public let rateClass: RateClass
  /// Units that a request takes from each policy.
  public let cost: Int

  public init(name: String, rateClass: RateClass, cost: Int) {
    self.name = name
    self.rateClass = rateClass
    self.cost = cost
  }
}
