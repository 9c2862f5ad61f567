public import Domain
internal import EventLoop
internal import HotPath
public import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// Campaigns as operators manage them. Loop-confined.
public final class CampaignService: AsksLedger {
  typealias Refusal = OperatorRefusal

  /// How long a change waits to be seen by its cell before it is answered all the same.
  static let settleLimit = Duration.seconds(2)
  static let settleInterval = Duration.milliseconds(5)
  /// Tries of a change against changes by others.
  static let maximumTries = 5

  private let campaigns: CampaignStore
  private let coupons: CouponStore
  private let rooms: RoomStore
  private let finder: CouponFinder
  private let redis: RedisRouter
  private let markets: MarketBook
  private let loop: EventLoop
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  init(
    pool: PostgresPool, redis: RedisRouter, cells: CellDirectory, markets: MarketBook,
    clock: WallClock
  ) {
    campaigns = CampaignStore(pool: pool)
    coupons = CouponStore(pool: pool)
    rooms = RoomStore(pool: pool)
    finder = CouponFinder(store: coupons, cells: cells, loop: redis.loop)
    self.redis = redis
    self.markets = markets
    loop = redis.loop
    self.clock = clock
  }

  /// Adds a campaign to the shared cell of the tenant's market. When it returns, the cell knows the
  /// campaign, unless the cell is closed.
  ///
  /// - Parameter isSellers: whether it has to be within what the markets allow sellers.
  public func create(
    _ draft: CampaignDraft, for tenant: Tenant, by user: UserID, isSellers: Bool = false
  ) async throws(OperatorRefusal) -> CampaignStore.Record {
    guard let cell = CellName.shared(by: tenant.id, market: tenant.defaultMarket) else {
      throw .unavailable
    }
    let campaign = Campaign(
      id: identifiers.next(at: clock.now()), tenant: tenant.id, cell: cell, name: draft.name,
      terms: draft.terms, discount: draft.discount, eligibility: draft.eligibility,
      acknowledgement: draft.acknowledgement, expiresAt: draft.expiresAt, room: draft.room,
      version: 1)
    try Self.check(campaign)
    if isSellers { try checkSeller(campaign) }
    try await checkRoom(campaign)
    let record = try await asked { () async throws(PostgresError) in
      try await campaigns.insert(campaign, by: user)
    }
    await settle(record.campaign)
    return record
  }

  /// Changes a campaign. Quantity and limit can only be raised: what was promised stays promised.
  ///
  /// - Parameter creator: the seller whose campaign it must be, and who is bound by what the markets allow
  ///   sellers; nil for a manager, who may change everybody's as they like.
  public func change(
    _ id: Identifier, of tenant: TenantID, madeBy creator: UserID? = nil, _ change: CampaignChange
  ) async throws(OperatorRefusal) -> CampaignStore.Record {
    for _ in 0..<Self.maximumTries {
      let known = try await find(id, of: tenant, madeBy: creator).campaign
      guard known.recalledAt == nil else { throw .conflict }
      let changed = change.applied(to: known)
      try Self.check(changed)
      try Self.checkRaise(from: known, to: changed)
      if creator != nil { try checkSeller(changed, changedFrom: known) }
      if changed.room != known.room { try await checkRoom(changed) }
      if changed == known { return try await find(id, of: tenant) }
      let record = try await asked { () async throws(PostgresError) in
        try await campaigns.update(changed, expected: known.version)
      }
      if let record {
        await settle(record.campaign)
        return record
      }
    }
    throw .conflict
  }

  /// Ends a campaign and makes its coupons that were not used worthless. Who recalls it again changes
  /// nothing.
  ///
  /// When it returns, the cell issues no more, unless the cell is closed.
  public func recall(
    _ id: Identifier, of tenant: TenantID, madeBy creator: UserID? = nil, by user: UserID,
    reason: String
  ) async throws(OperatorRefusal) -> CampaignStore.Record {
    if creator != nil { _ = try await find(id, of: tenant, madeBy: creator) }
    let isNew = try await asked { () async throws(PostgresError) in
      try await campaigns.recall(id, of: tenant, by: user, reason: reason)
    }
    guard isNew != nil else { throw .notFound }
    let record = try await find(id, of: tenant)
    await settle(record.campaign)
    return record
  }

  /// What became of a campaign's coupons.
  public func usage(
    of id: Identifier, tenant: TenantID, madeBy creator: UserID? = nil
  ) async throws(OperatorRefusal) -> (record: CampaignStore.Record, usage: CouponStore.Usage) {
    let record = try await find(id, of: tenant, madeBy: creator)
    let usage = try await asked { () async throws(PostgresError) in
      try await coupons.usage(of: id, tenant: tenant)
    }
    return (record, usage)
  }

  /// A user's coupons, the newest first, before the coupon `cursor`.
  public func held(
    by user: UserID, of tenant: TenantID, before cursor: Identifier?, limit: Int
  ) async throws(OperatorRefusal) -> [CouponStore.Held] {
    try await asked { () async throws(PostgresError) in
      try await coupons.list(of: user, tenant: tenant, before: cursor, limit: limit)
    }
  }

  /// A user's coupon, also one that is on its way into the ledger: it is waited for.
  public func held(
    _ id: Identifier, by user: UserID, of tenant: TenantID
  ) async throws(OperatorRefusal) -> CouponStore.Held {
    let held: CouponStore.Held?
    do throws(CheckoutService.Refusal) {
      held = try await finder.find(id, of: tenant, user: user)
    } catch {
      throw .unavailable
    }
    guard let held else { throw .notFound }
    return held
  }

  /// One campaign of the tenant: of `creator` alone, if one is given.
  public func find(
    _ id: Identifier, of tenant: TenantID, madeBy creator: UserID? = nil
  ) async throws(OperatorRefusal) -> CampaignStore.Record {
    let record = try await asked { () async throws(PostgresError) in
      try await campaigns.find(id, of: tenant, by: creator)
    }
    guard let record else { throw .notFound }
    return record
  }

  /// The tenant's campaigns, or those of `creator` alone, newest first, before the campaign `cursor`.
  public func list(
    of tenant: TenantID, madeBy creator: UserID? = nil, before cursor: Identifier?, limit: Int
  ) async throws(OperatorRefusal) -> [CampaignStore.Record] {
    try await asked { () async throws(PostgresError) in
      try await campaigns.list(of: tenant, by: creator, before: cursor, limit: limit)
    }
  }

  /// A campaign's coupons in the order of issue, behind sequence `after`; those of `status` alone, if one
  /// is given.
  public func issues(
    of id: Identifier, tenant: TenantID, status: CouponStatus? = nil, after: Int, limit: Int
  ) async throws(OperatorRefusal) -> [CouponStore.Record] {
    try await asked { () async throws(PostgresError) in
      try await coupons.list(
        campaign: id, of: tenant, status: status, after: after, limit: limit)
    }
  }

  /// Waits until the cell has this version, so that who was told of a campaign can claim from it.
  private func settle(_ campaign: Campaign) async {
    let key = CellKeys(campaign.cell).campaign(campaign.id)
    let client = redis.client(for: key)
    await loop.poll(for: Self.settleLimit, every: Self.settleInterval) {
      let seen = try? await client.send(RedisCommand("HGET", key, "version"))
      return seen?.text.flatMap { Int($0) }.map { $0 >= campaign.version } ?? false
    }
  }

  // MARK: Rules

  /// A campaign behind a room that nobody guards would be open to all.
  private func checkRoom(_ campaign: Campaign) async throws(OperatorRefusal) {
    guard let room = campaign.room else { return }
    let exists = try await asked { () async throws(PostgresError) in
      try await rooms.exists(room, of: campaign.tenant)
    }
    guard exists else { throw .invalid(field: "room_id", reason: "there is no such room") }
  }

  /// A seller's campaign is within what each market allows that its coupons are good in.
  private func checkSeller(
    _ campaign: Campaign, changedFrom known: Campaign? = nil
  ) throws(OperatorRefusal) {
    do throws(SellerExcess) {
      for rules in markets.rules(of: campaign.tenant) {
        try rules.checkSeller(campaign, changedFrom: known)
      }
    } catch {
      throw OperatorRefusal(saying: error)
    }
  }

  static func check(_ campaign: Campaign) throws(OperatorRefusal) {
    let terms = campaign.terms
    guard CampaignTerms.Bounds.nameLength.contains(campaign.name.count) else {
      throw .invalid(field: "name", reason: "must have 1 to 200 characters")
    }
    guard CampaignTerms.Bounds.quantity.contains(terms.quantity) else {
      throw .invalid(field: "quantity", reason: "must be between 1 and 1000000000")
    }
    guard CampaignTerms.Bounds.perUserLimit.contains(terms.perUserLimit) else {
      throw .invalid(field: "per_user_limit", reason: "must be between 1 and 100")
    }
    guard terms.closesAt > terms.opensAt else {
      throw .invalid(field: "closes_at", reason: "must be after opens_at")
    }
    if let expires = campaign.expiresAt, expires <= terms.opensAt {
      throw .invalid(field: "expires_at", reason: "must be after opens_at")
    }
  }

  private static func checkRaise(from known: Campaign, to changed: Campaign) throws(OperatorRefusal)
  {
    guard changed.terms.quantity >= known.terms.quantity else {
      throw .invalid(
        field: "quantity", reason: "can only be raised; set closes_at to end the campaign")
    }
    guard changed.terms.perUserLimit >= known.terms.perUserLimit else {
      throw .invalid(field: "per_user_limit", reason: "can only be raised")
    }
  }
}
