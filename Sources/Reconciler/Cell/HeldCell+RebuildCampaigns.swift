internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

extension HeldCell {
  /// All campaigns of the cell.
  func readCampaigns(
    _ transaction: PostgresTransaction
  ) async throws(ReconcilerError) -> [Campaign] {
    let snapshot = CellContents(transaction: transaction)
    var campaigns: [Campaign] = []
    while true {
      let after = campaigns.last?.id ?? Identifier(high: 0, low: 0)
      let page = try await ledger { () async throws(PostgresError) in
        try await snapshot.campaigns(of: cell, after: after, limit: limits.campaignsPerPage)
      }
      campaigns += page
      if page.count < limits.campaignsPerPage { return campaigns }
    }
  }

  /// Loads campaigns with all of their coupons.
  ///
  /// - Parameter instant: the ledger's clock.
  func loadCampaigns(
    _ campaigns: [Campaign], _ transaction: PostgresTransaction, at instant: Instant,
    _ closing: Closing, _ loaded: inout RebuiltContents
  ) async throws(ReconcilerError) {
    guard let tenant = campaigns.first?.tenant else { return }
    let coupons = CouponSnapshot(
      transaction: transaction, tenant: tenant, campaigns: campaigns.map(\.id),
      pageSize: limits.couponsPerPage)
    let found = try await loadCoupons(coupons, at: instant, closing, &loaded)
    if !found.withSeveral.isEmpty {
      // A holder's first coupon must not come behind all of them.
      try await closing.loads.drain()
      let several = CouponSnapshot(
        transaction: transaction, tenant: tenant, campaigns: Array(found.withSeveral),
        pageSize: limits.couponsPerPage)
      try await loadHoldersOfSeveral(several, closing, &loaded)
    }
    for campaign in campaigns {
      try await loadCampaign(campaign, issued: found.issued[campaign.id] ?? 0, closing)
    }
    loaded.campaigns = campaigns.count
  }

  /// What the coupons of a cell say of their campaigns.
  private struct FoundCoupons {
    /// The highest sequence of each campaign that has any.
    var issued: [Identifier: Int] = [:]
    /// Campaigns with a user who has more than a first coupon.
    var withSeveral: Set<Identifier> = []
  }

  /// Loads the first coupon of each holder, and all idempotency records.
  private func loadCoupons(
    _ snapshot: CouponSnapshot, at instant: Instant, _ closing: Closing,
    _ loaded: inout RebuiltContents
  ) async throws(ReconcilerError) -> FoundCoupons {
    var found = FoundCoupons()
    let pages = snapshot.coupons()
    while let page = try await next(of: pages) {
      for (campaign, coupons) in Dictionary(grouping: page, by: \.campaign) {
        var holders: [any RedisArgument] = []
        holders.reserveCapacity(2 * coupons.count)
        var issued = found.issued[campaign] ?? 0
        for coupon in coupons {
          issued = max(issued, coupon.sequence)
          if coupon.ordinal == 1 {
            holders.append(coupon.user)
            holders.append(coupon.text)
          } else {
            found.withSeveral.insert(campaign)
          }
        }
        found.issued[campaign] = issued
        loaded.holders += holders.count / 2
        try await loadHash(keys.holders(campaign), holders, closing)
      }
      try await loadRecords(page, at: instant, closing, &loaded)
    }
    return found
  }

  /// Loads the idempotency records of coupons that still count.
  private func loadRecords(
    _ coupons: [CouponSnapshot.Coupon], at instant: Instant, _ closing: Closing,
    _ loaded: inout RebuiltContents
  ) async throws(ReconcilerError) {
    var names: [[UInt8]] = []
    var arguments: [any RedisArgument] = []
    for coupon in coupons {
      guard let key = coupon.key else { continue }
      let rest = coupon.issuedAt + limits.recordLife - instant
      guard rest > .zero else { continue }
      names.append(keys.idempotency(digest: key.digest))
      arguments.append("\(key.fingerprint) \(coupon.text)")
      arguments.append(Int(rest.wholeMilliseconds))
    }
    loaded.records += names.count
    for (chunk, values) in zip(
      names.chunks(of: limits.loadChunk), arguments.chunks(of: 2 * limits.loadChunk))
    {
      try await load(
        ScriptCatalog.loadRecords, closing, keys: Array(chunk), arguments: Array(values))
    }
  }

  /// Loads, in place of their first coupons, all coupons of those who have more.
  private func loadHoldersOfSeveral(
    _ snapshot: CouponSnapshot, _ closing: Closing, _ loaded: inout RebuiltContents
  ) async throws(ReconcilerError) {
    let pages = snapshot.holdersOfSeveral()
    while let page = try await next(of: pages) {
      for (campaign, holders) in Dictionary(grouping: page, by: \.campaign) {
        loaded.holders += holders.count { !$0.hasFirst }
        try await loadHash(
          keys.holders(campaign),
          holders.flatMap { [$0.user, $0.coupons] as [any RedisArgument] }, closing)
      }
    }
  }

  private func loadCampaign(
    _ campaign: Campaign, issued: Int, _ closing: Closing
  ) async throws(ReconcilerError) {
    let terms = campaign.terms
    var fields: [any RedisArgument] = [
      "version", campaign.version, "id", campaign.id.description, "quantity",
      terms.quantity, "limit", terms.perUserLimit, "opens", Int(terms.opensAt.milliseconds),
      "closes", Int(campaign.issuesUntil.milliseconds), "issued", issued,
    ]
    if let policy = terms.ratePolicy {
      fields += [
        "rate_limit", policy.limit, "rate_window", policy.windowMilliseconds, "rate_burst",
        policy.burst, "rate_scope", policy.scope.rawValue,
      ]
    }
    try await loadHash(keys.campaign(campaign.id), fields, closing)
  }
}
