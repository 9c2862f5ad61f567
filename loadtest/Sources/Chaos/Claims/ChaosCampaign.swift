internal import Domain

/// A campaign that a round made.
struct ChaosCampaign: Sendable {
  let id: Identifier
  let plan: CampaignPlan
  let tenant: ChaosTenant
  /// Begins the names of its users, so that each user has one campaign.
  let prefix: String

  func name(of user: Int) -> String { "\(prefix)\(user)" }
}
