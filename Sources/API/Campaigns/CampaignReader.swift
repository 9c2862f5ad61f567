internal import Domain
internal import Services

/// Reads campaigns, and changes of them, from request bodies.
enum CampaignReader {
  static func draft(_ fields: FieldReader) throws(APIError) -> CampaignDraft {
    let terms = CampaignTerms(
      quantity: try fields.required("quantity").integer(in: CampaignTerms.Bounds.quantity),
      perUserLimit: try fields.required("per_user_limit").integer(
        in: CampaignTerms.Bounds.perUserLimit),
      opensAt: try fields.required("opens_at").instant(),
      closesAt: try fields.required("closes_at").instant(),
      ratePolicy: try ratePolicy(fields.optional("rate_policy")))
    guard terms.closesAt > terms.opensAt else {
      throw .invalid("closes_at", "must be after opens_at")
    }
    return CampaignDraft(
      name: try name(fields.required("name")), terms: terms,
      discount: try discount(fields.required("discount")),
      eligibility: try eligibility(fields.optional("eligibility")),
      acknowledgement: try fields.optional("acknowledge")?.choice() ?? .hot,
      expiresAt: try fields.optional("expires_at")?.instant(),
      room: try fields.optional("room_id")?.identifier())
  }

  static func change(_ fields: FieldReader) throws(APIError) -> CampaignChange {
    guard fields.hasAny(of: CampaignFields.changeable) else {
      throw .invalid("body", "must name a field that can be changed")
    }
    var change = CampaignChange()
    if let field = try fields.present("name") { change.name = try name(field) }
    if let field = try fields.present("quantity") {
      change.quantity = try field.integer(in: CampaignTerms.Bounds.quantity)
    }
    if let field = try fields.present("per_user_limit") {
      change.perUserLimit = try field.integer(in: CampaignTerms.Bounds.perUserLimit)
    }
    change.opensAt = try fields.present("opens_at")?.instant()
    change.closesAt = try fields.present("closes_at")?.instant()
    if let field = try fields.present("discount") { change.discount = try discount(field) }
    change.acknowledgement = try fields.present("acknowledge")?.choice()
    switch fields.change("expires_at") {
    case .absent: break
    case .null: change.expiresAt = .remove
    case .value(let field): change.expiresAt = .set(try field.instant())
    }
    switch fields.change("rate_policy") {
    case .absent: break
    case .null: change.ratePolicy = .remove
    case .value(let field): change.ratePolicy = .set(try ratePolicy(field)!)
    }
    switch fields.change("room_id") {
    case .absent: break
    case .null: change.room = .remove
    case .value(let field): change.room = .set(try field.identifier())
    }
    switch fields.change("eligibility") {
    case .absent: break
    case .null: change.eligibility = Eligibility()
    case .value(let field): change.eligibility = try eligibility(field)
    }
    return change
  }

  // MARK: Parts

  private static func name(_ field: Field) throws(APIError) -> String {
    try field.text(length: CampaignTerms.Bounds.nameLength)
  }

  private static func discount(_ field: Field) throws(APIError) -> Discount {
    let fields = try field.object()
    switch try fields.required("type").choice(CampaignFields.DiscountType.self) {
    case .rate:
      let points = try fields.required("value").basisPoints(in: CampaignFields.basisPoints)
      let maximum = try fields.optional("max")?.integer(in: CampaignFields.amount)
      let currency = try fields.optional("currency")?.currency()
      return .rate(basisPoints: points, maximum: maximum, currency: currency)
    case .amount:
      let amount = try fields.required("value").integer(in: CampaignFields.amount)
      let currency = try fields.required("currency").currency()
      if let maximum = fields.optional("max") { throw maximum.refusal("is for a rate only") }
      return .amount(amount, currency: currency)
    }
  }

  private static func eligibility(_ field: Field?) throws(APIError) -> Eligibility {
    guard let fields = try field?.object() else { return Eligibility() }
    var markets: [String] = []
    for market in try fields.optional("markets")?.list(limit: CampaignFields.listLength) ?? [] {
      let code = try market.market()
      guard !markets.contains(code) else { throw market.refusal("stands twice") }
      markets.append(code)
    }
    return Eligibility(
      // Ids are read in either case, and told in one.
      products: try entries(fields.optional("products")) { Identifier($0)?.description ?? $0 },
      categories: try entries(fields.optional("categories")), markets: markets,
      minimumSubtotal: try fields.optional("min_subtotal")?.integer(in: CampaignFields.amount))
  }

  private static func entries(
    _ field: Field?, normalized: (String) -> String = { $0 }
  ) throws(APIError) -> [String] {
    try field?.texts(
      limit: CampaignFields.listLength, length: CampaignFields.entryLength, normalized: normalized)
      ?? []
  }

  private static func ratePolicy(_ field: Field?) throws(APIError) -> RatePolicy? {
    guard let fields = try field?.object() else { return nil }
    let limit = try fields.required("limit").integer(in: CampaignFields.rateLimit)
    let window = try fields.required("window_seconds").integer(in: CampaignFields.windowSeconds)
    return RatePolicy(
      limit: limit, windowMilliseconds: window * 1000,
      burst: try fields.optional("burst")?.integer(in: 1...limit) ?? limit,
      scope: try fields.optional("scope")?.choice(among: CampaignFields.rateScopes) ?? .user)
  }
}
