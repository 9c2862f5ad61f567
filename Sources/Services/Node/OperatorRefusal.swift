/// Why a wish of somebody who manages something, such as a campaign or a product, was not met.
public enum OperatorRefusal: Error, Sendable, Equatable {
  /// A field, as the wire names it, and what is wrong with it.
  case invalid(field: String, reason: String)
  case notFound
  /// It is there already, or somebody else changed it at the same time, again and again.
  case conflict
  /// The ledger could not be asked.
  case unavailable
}
