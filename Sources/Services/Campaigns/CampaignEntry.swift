public import Domain
public import HotPath

/// A campaign as one loop knows it: its terms as last read, and its place on the hot path.
/// Loop-confined.
public final class CampaignEntry: DirectoryEntry {
  public private(set) var campaign: Campaign
  public let cell: CellRuntime
  public let hot: HotCampaign
  /// The campaign's rate policy, if it has one.
  public private(set) var rate: ResourceRate?
  var freshness: EntryFreshness

  init(campaign: Campaign, cell: CellRuntime, now: UInt64) {
    self.campaign = campaign
    self.cell = cell
    hot = HotCampaign(
      id: campaign.id, version: campaign.version, keys: cell.keys,
      ratePolicy: campaign.terms.ratePolicy)
    rate = campaign.terms.ratePolicy.map { ResourceRate($0, refusals: cell.refusals) }
    freshness = EntryFreshness(readAt: now)
  }

  var key: EntryKey { EntryKey(tenant: campaign.tenant, id: campaign.id) }

  /// A signal said that the campaign changed.
  func invalidate() {
    freshness.isStale = true
    hot.soldOut.distrust()
    rate?.forget()
  }

  func update(_ campaign: Campaign) {
    if self.campaign.terms.ratePolicy != campaign.terms.ratePolicy {
      rate = campaign.terms.ratePolicy.map { ResourceRate($0, refusals: cell.refusals) }
    }
    self.campaign = campaign
    hot.change(ratePolicy: campaign.terms.ratePolicy)
    // What a signal told while this was being read is not in it yet.
    if !freshness.isStale { hot.soldOut.trust(from: campaign.version) }
  }
}
