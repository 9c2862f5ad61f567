public import Domain

/// A campaign as an operator asks for it.
public struct CampaignDraft: Sendable, Equatable {
  public var name: String
  public var terms: CampaignTerms
  public var discount: Discount
  public var eligibility: Eligibility
  public var acknowledgement: Acknowledgement
  public var expiresAt: Instant?
  public var room: Identifier?

  public init(
    name: String, terms: CampaignTerms, discount: Discount, eligibility: Eligibility,
    acknowledgement: Acknowledgement, expiresAt: Instant? = nil, room: Identifier? = nil
  ) {
    self.name = name
    self.terms = terms
    self.discount = discount
    self.eligibility = eligibility
    self.acknowledgement = acknowledgement
    self.expiresAt = expiresAt
    self.room = room
  }
}

/// What an operator wants changed of a campaign; `nil` leaves a part as it is.
public struct CampaignChange: Sendable, Equatable {
  public var name: String?
  public var quantity: Int?
  public var perUserLimit: Int?
  public var opensAt: Instant?
  public var closesAt: Instant?
  public var expiresAt: PartChange<Instant> = .keep
  public var ratePolicy: PartChange<RatePolicy> = .keep
  public var room: PartChange<Identifier> = .keep
  public var discount: Discount?
  public var eligibility: Eligibility?
  public var acknowledgement: Acknowledgement?

  public init() {}

  func applied(to campaign: Campaign) -> Campaign {
    var changed = campaign
    changed.name = name ?? campaign.name
    changed.terms = CampaignTerms(
      quantity: quantity ?? campaign.terms.quantity,
      perUserLimit: perUserLimit ?? campaign.terms.perUserLimit,
      opensAt: opensAt ?? campaign.terms.opensAt, closesAt: closesAt ?? campaign.terms.closesAt,
      ratePolicy: ratePolicy.applied(to: campaign.terms.ratePolicy))
    changed.expiresAt = expiresAt.applied(to: campaign.expiresAt)
    changed.room = room.applied(to: campaign.room)
    changed.discount = discount ?? campaign.discount
    changed.eligibility = eligibility ?? campaign.eligibility
    changed.acknowledgement = acknowledgement ?? campaign.acknowledgement
    return changed
  }
}
