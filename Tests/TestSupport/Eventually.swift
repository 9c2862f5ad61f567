/// A condition did not come true in time.
public struct NeverHappened: Error, CustomStringConvertible {
  public let description: String

  public init(description: String) { self.description = description }
}

/// Looks every few milliseconds until `condition` holds.
///
/// - Parameters:
///   - limit: after so long ``NeverHappened`` is thrown.
///   - what: what is awaited, for the error.
public func eventually(
  within limit: Duration = .seconds(30), _ what: String = "the condition",
  _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + limit
  while try await !condition() {
    if ContinuousClock.now >= end {
      throw NeverHappened(description: "\(what) did not hold within \(limit)")
    }
    try await Task.sleep(for: .milliseconds(5))
  }
}

/// Looks until `value` returns something, and returns that.
public func eventually<Value>(
  within limit: Duration = .seconds(30), _ what: String = "the value",
  _ value: () async throws -> Value?
) async throws -> Value {
  var found: Value?
  try await eventually(within: limit, what) {
    found = try await value()
    return found != nil
  }
  return found!
}
