public import Domain

/// One claim on its way to a cell, and who is told how it ended. Loop-confined.
///
/// A class to be derived from, so that a claim with all that its answer needs is one object: one
/// allocation and one reference to count on the path that a crowd takes.
open class ClaimOperation {
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

  final let campaign: HotCampaign
  /// The user's id: 1 to 64 visible ASCII characters.
  final let user: String
  final let idempotency: Idempotency?
  final let isEligible: Bool

  /// - Parameter isEligible: false for a user who may get no coupon of the campaign, but may hold one
  ///   from before it was narrowed.
  public init(
    campaign: HotCampaign, user: String, idempotency: Idempotency?, isEligible: Bool
  ) {
    self.campaign = campaign
    self.user = user
    self.idempotency = idempotency
    self.isEligible = isEligible
  }

  /// False once nobody wants the claim any more: it is then not made.
  open var isWaiting: Bool { true }

  /// Told once how the claim ended.
  open func ended(_ outcome: ClaimOutcome) {}

  /// Whether the script must be told more than the user.
  final var isDetailed: Bool {
    idempotency != nil || campaign.rateScope != nil || !isEligible
  }
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
