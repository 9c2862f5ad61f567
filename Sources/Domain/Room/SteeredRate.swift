/// Moves the rate of rooms whose operators let it move, as ``AdmissionController`` says; the others
/// keep theirs.
public struct SteeredRate: AdmissionRate {
  private var controller: AdmissionController?

  public init() {}

  public mutating func pace(under conditions: AdmissionConditions) -> AdmissionPace {
    let highest = conditions.terms.ratePerSecond
    guard let adaptive = conditions.terms.adaptive else {
      let change = controller.flatMap { $0.rate == highest ? nil : "the operator's rate" }
      controller = nil
      return AdmissionPace(perSecond: Double(highest), reason: change)
    }
    let limits = AdmissionController.Limits(
      rates: min(adaptive.minimumPerSecond, highest)...highest,
      latency: Double(adaptive.maximumP95Milliseconds),
      failures: Double(adaptive.maximumErrorPermille) / 1000)
    var controller = self.controller ?? AdmissionController(limits: limits)
    let moved = controller.set(limits)
    let taken = controller.take(conditions.reading)
    self.controller = controller
    return AdmissionPace(
      perSecond: Double(controller.rate), reason: (taken ?? moved).map { "\($0.reason)" })
  }
}
