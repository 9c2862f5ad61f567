public import Domain
public import HotPath

/// A campaign as one loop knows it: its terms as last read, and its place on the hot path.
/// Loop-confined.
public final class CampaignEntry {
  /// How long terms are believed without a signal.
  static let lifeMilliseconds: UInt64 = 5_000

  public internal(set) var campaign: Campaign
  public let cell: CellRuntime
  public let hot: HotCampaign
  /// What response fields say of the campaign's rate policy, if it has one.
  public private(set) var rateFields: RateFields?
  var readAt: UInt64
  var isStale = false
  var isReading = false

  init(campaign: Campaign, cell: CellRuntime, now: UInt64) {
    self.campaign = campaign
    self.cell = cell
    hot = HotCampaign(
      id: campaign.id, version: campaign.version, keys: cell.keys,
      ratePolicy: campaign.terms.ratePolicy)
    rateFields = campaign.terms.ratePolicy.map { RateFields($0) }
    readAt = now
  }

  /// A signal said that the campaign changed.
  func invalidate() {
    isStale = true
    hot.soldOut.distrust()
  }

  func update(_ campaign: Campaign, now: UInt64) {
    if self.campaign.terms.ratePolicy != campaign.terms.ratePolicy {
      rateFields = campaign.terms.ratePolicy.map { RateFields($0) }
    }
    self.campaign = campaign
    hot.change(ratePolicy: campaign.terms.ratePolicy)
    readAt = now
    // What a signal told while this was being read is not in it yet.
    if !isStale { hot.soldOut.trust(from: campaign.version) }
  }
}
