internal import Synchronization

/// A number that only grows. Safe and lock-free from any thread.
public final class Counter: Sendable {
  private let total = Atomic<Int>(0)

  init() {}

  /// Adds `amount`, which is not negative.
  @inline(__always)
  public func add(_ amount: Int = 1) {
    total.wrappingAdd(amount, ordering: .relaxed)
  }

  /// The sum so far.
  public var value: Int { total.load(ordering: .relaxed) }
}
