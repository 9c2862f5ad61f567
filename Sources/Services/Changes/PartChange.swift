/// What becomes of a part that may be set, or taken away by a null.
public enum PartChange<Value: Sendable & Equatable>: Sendable, Equatable {
  case keep
  case remove
  case set(Value)

  func applied(to value: Value?) -> Value? {
    switch self {
    case .keep: value
    case .remove: nil
    case .set(let value): value
    }
  }
}
