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
  let isEligible: Bool
  let waiter: any ClaimWaiter

  /// - Parameter isEligible: false for a user who may get no coupon of the campaign, but may hold one
  ///   from before it was narrowed.
  public init(
    campaign: HotCampaign, user: String, idempotency: Idempotency?, isEligible: Bool = true,
    waiter: any ClaimWaiter
  ) {
    self.campaign = campaign
    self.user = user
    self.idempotency = idempotency
    self.isEligible = isEligible
    self.waiter = waiter
  }

  /// Whether the script must be told more than the user.
  var isDetailed: Bool { idempotency != nil || campaign.rateScope != nil || !isEligible }
}

/// Who is told how a claim ended. An object rather than a closure: one allocation a claim.
public protocol ClaimWaiter: AnyObject {
  /// False once nobody wants the claim any more: it is then not made.
  var isWaiting: Bool { get }

  func claimEnded(_ outcome: ClaimOutcome)
}

/// How a claim ended.
public enum ClaimOutcome: Equatable {
  /// The cell decided. `position` is at or above the stream entry behind a coupon, `nil` where
  /// there is none; `rate` is what is left under the campaign's rate policy, if it has one.
  case decided(ClaimDecision, position: StreamPosition?, rate: RateAllowance?)
  case unavailable(Unavailability)
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
  /// Whoever asked was answered already, at the request's deadline; nothing was decided.
  case abandoned
}
