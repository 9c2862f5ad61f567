/// Whether a sale takes orders.
public enum SalePhase: Sendable, Equatable {
  /// It has not opened, or not all of its stock is there.
  case notOpen
  case open
  case closed

  /// The phase at `time` of a sale.
  ///
  /// - Parameter isReady: whether all of its stock is there.
  public init(opensAt: Instant, closesAt: Instant, isReady: Bool, at time: Instant) {
    if time < opensAt {
      self = .notOpen
    } else if time >= closesAt {
      self = .closed
    } else {
      self = isReady ? .open : .notOpen
    }
  }
}
