public import Domain

/// A campaign as one loop's hot path sees it. Loop-confined.
public final class HotCampaign {
  public let id: Identifier
  let campaignKey: [UInt8]
  let holdersKey: [UInt8]
  /// Whose requests a rate policy counts together; `nil` without a policy.
  var rateScope: RatePolicy.Scope?
  /// What this loop knows of its being sold out.
  public var soldOut: SoldOutMemory

  private let keys: CellKeys
  private let sharedRateKey: [UInt8]

  public init(id: Identifier, version: Int, keys: CellKeys, ratePolicy: RatePolicy?) {
    soldOut = SoldOutMemory(version: version)
    self.id = id
    self.keys = keys
    campaignKey = keys.campaign(id)
    holdersKey = keys.holders(id)
    sharedRateKey = keys.rate(id, user: nil)
    rateScope = ratePolicy?.scope
  }

  /// Takes a changed rate policy.
  public func change(ratePolicy: RatePolicy?) { rateScope = ratePolicy?.scope }

  func rateKey(user: String) -> [UInt8]? {
    switch rateScope {
    case nil: nil
    case .campaign, .sale: sharedRateKey
    case .user: keys.rate(id, user: user)
    }
  }

  func idempotencyKey(digest: String) -> [UInt8] { keys.idempotency(digest: digest) }
}
