/// Why a cell gave no decision.
public enum Unavailability: Error, Equatable, Sendable {
  /// No valid lease: Redis was restarted, wiped or replaced, and the ledger has not vouched yet.
  case cellClosed
  /// Postgres has been away for so long that the stream is full.
  case streamFull
  /// More waits already than the node takes.
  case shed
  /// Redis is not reachable. What was sent may have been decided: asking again tells.
  case disconnected
  /// Redis did not answer in time. What was sent may have been decided: asking again tells.
  case timedOut
  /// Redis answered with an error.
  case failed
  /// It was granted, but too few replicas had it in time: asking again tells what was granted.
  case notReplicated
  /// Whoever asked was answered already, at the request's deadline; nothing was decided.
  case abandoned
}

/// What is left under a rate policy after a request.
public struct RateAllowance: Equatable, Sendable {
  /// Requests that would be let through at once.
  public let remaining: Int
  /// Until the full burst is there again.
  public let resetMilliseconds: Int

  public init(remaining: Int, resetMilliseconds: Int) {
    self.remaining = remaining
    self.resetMilliseconds = resetMilliseconds
  }
}
