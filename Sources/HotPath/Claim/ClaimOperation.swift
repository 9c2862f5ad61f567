public import Domain

/// One claim on its way to a cell.
public struct ClaimOperation {
  /// The idempotency key of a claim, digested.
  public struct Idempotency: Sendable, Equatable {
    /// Names (tenant, principal, endpoint, key); letters and digits.
    public let digest: String
    /// Names the request that the key came with; letters and digits.
    public let fingerprint: String

    public init(digest: String, fingerprint: String) {
      self.digest = digest
      self.fingerprint = fingerprint
    }
  }

  let campaign: HotCampaign
  /// The user's id: 1 to 64 visible ASCII characters.
  let user: String
  let idempotency: Idempotency?
  let waiter: any ClaimWaiter

  public init(
    campaign: HotCampaign, user: String, idempotency: Idempotency?, waiter: any ClaimWaiter
  ) {
    self.campaign = campaign
    self.user = user
    self.idempotency = idempotency
    self.waiter = waiter
  }
}

/// Who is told how a claim ended. An object rather than a closure: one allocation a claim.
public protocol ClaimWaiter: AnyObject {
  func claimEnded(_ outcome: ClaimOutcome)
}

/// How a claim ended.
public enum ClaimOutcome: Equatable {
  /// The cell decided. `position` is at or above the stream entry behind a coupon, `nil` where
  /// there is none.
  case decided(ClaimDecision, position: StreamPosition?)
  case unavailable(Unavailability)
}

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
}
