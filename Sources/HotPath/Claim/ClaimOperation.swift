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
  public final let user: String
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

  /// Whether what was granted counts only once replicas have it, where the cell's way waits for them:
  /// false for one who is told after the ledger has it.
  open var needsReplicas: Bool { true }

  /// Told once how the claim ended.
  open func ended(_ outcome: ClaimOutcome) {}

  /// Whether the script must be told more than the user.
  final var isDetailed: Bool {
    idempotency != nil || campaign.rateScope != nil || !isEligible
  }
}

extension ClaimOperation: BatchedOperation {
  final func failed(_ reason: Unavailability) { ended(.unavailable(reason)) }
}

/// How a claim ended.
public enum ClaimOutcome: Equatable {
  /// The cell decided. `position` is at or above the stream entry behind a coupon, `nil` where
  /// there is none; `rate` is what is left under the campaign's rate policy, if it has one.
  case decided(ClaimDecision, position: StreamPosition?, rate: RateAllowance?)
  case unavailable(Unavailability)
}
