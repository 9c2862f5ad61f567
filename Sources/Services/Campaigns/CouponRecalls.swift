public import Domain
internal import EventLoop
internal import HotPath
public import Ledger
internal import Postgres
internal import Redis

/// Coupons that operators and sellers take back one by one or from one user. Loop-confined.
///
/// A coupon that was taken back goes on to count for its user's limit. What was used stays used, and does not
/// come back when its order is undone. Who takes a coupon back again changes nothing.
public final class CouponRecalls: AsksLedger {
  typealias Refusal = OperatorRefusal

  /// Who asks, and why.
  public struct Wish: Sendable {
    public let campaign: Identifier
    public let tenant: TenantID
    /// Whose the campaign must be; nil when any will do.
    public let creator: UserID?
    public let actor: UserID
    public let reason: String

    public init(
      campaign: Identifier, tenant: TenantID, creator: UserID?, actor: UserID, reason: String
    ) {
      self.campaign = campaign
      self.tenant = tenant
      self.creator = creator
      self.actor = actor
      self.reason = reason
    }
  }

  /// How long a coupon that a cell has issued may take into the ledger before whoever wants it back is told
  /// to come again.
  static let arrivalLimit: UInt64 = 3_000
  /// How long an answer waits to be known in the cell; the ledger counts in any case.
  static let settleLimit = Duration.seconds(2)
  static let interval = Duration.milliseconds(5)

  private let campaigns: CampaignStore
  private let pool: PostgresPool
  private let coupons: CouponStore
  private let cells: CellDirectory
  private let loop: EventLoop
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  init(pool: PostgresPool, cells: CellDirectory, loop: EventLoop, clock: WallClock) {
    self.pool = pool
    campaigns = CampaignStore(pool: pool)
    coupons = CouponStore(pool: pool)
    self.cells = cells
    self.loop = loop
    self.clock = clock
  }

  /// Takes one coupon of a campaign back, also one that is on its way into the ledger: it is waited for.
  ///
  /// - Returns: the campaign and the coupon as it is now.
  /// - Throws: `.unavailable` also when the cell cannot be asked for what is on its way.
  public func recall(
    _ coupon: Identifier, _ wish: Wish
  ) async throws(OperatorRefusal) -> (campaign: Campaign, coupon: CouponStore.Record) {
    let campaign = try await campaign(of: wish)
    var found = try await find(coupon, wish)
    if found == nil { found = try await arrival(of: coupon, wish, campaign) }
    guard let known = found else { throw .notFound }
    try await asked { () async throws(PostgresError) in
      try await coupons.recall(recall(.sequence(known.sequence), wish))
    }
    guard let record = try await find(coupon, wish), let user = UserID(record.user) else {
      throw .unavailable
    }
    await settle([record], of: user, campaign)
    return (campaign, record)
  }

  /// Takes back all coupons of a campaign that a user holds, those that are on their way into the ledger
  /// too.
  ///
  /// - Returns: the campaign and the user's coupons as they are now, none when the user has none.
  /// - Throws: `.unavailable` also when the cell cannot be asked for what is on its way; a repeat goes on.
  public func recallAll(
    of user: UserID, _ wish: Wish
  ) async throws(OperatorRefusal) -> (campaign: Campaign, coupons: [CouponStore.Record]) {
    let campaign = try await campaign(of: wish)
    let end = loop.milliseconds + Self.arrivalLimit
    while true {
      let (issued, look) = try await held(by: user, of: campaign)
      try await asked { () async throws(PostgresError) in
        try await coupons.recall(recall(.user(user), wish))
      }
      let records = try await asked { () async throws(PostgresError) in
        try await coupons.list(campaign: wish.campaign, of: wish.tenant, user: user)
      }
      // One that came into the ledger behind the recall is listed, and is still to be taken back.
      let gone = records.filter { $0.isTakenBack || $0.status == .recalled }
      if gone.count == records.count, Set(gone.map(\.coupon)).isSuperset(of: issued.map(\.id)) {
        guard await cells.vouches(for: [look], of: wish.tenant) else { throw .unavailable }
        await settle(records, of: user, campaign)
        return (campaign, records)
      }
      guard loop.milliseconds < end else { throw .unavailable }
      await loop.sleep(for: Self.interval)
    }
  }

  // MARK: Steps

  private func campaign(of wish: Wish) async throws(OperatorRefusal) -> Campaign {
    let record = try await asked { () async throws(PostgresError) in
      try await campaigns.find(wish.campaign, of: wish.tenant, by: wish.creator)
    }
    guard let record else { throw .notFound }
    return record.campaign
  }

  private func find(
    _ coupon: Identifier, _ wish: Wish
  ) async throws(OperatorRefusal) -> CouponStore.Record? {
    try await asked { () async throws(PostgresError) in
      try await coupons.find(coupon, campaign: wish.campaign, of: wish.tenant)
    }
  }

  /// A coupon that the ledger did not have, once it has all that the cell has answered; nil when it is not
  /// among that.
  private func arrival(
    of coupon: Identifier, _ wish: Wish, _ campaign: Campaign
  ) async throws(OperatorRefusal) -> CouponStore.Record? {
    // What cannot be one of the campaign's is on no way.
    guard CouponIdentity.sequence(of: coupon, campaign: campaign.id) != nil else { return nil }
    let end = loop.milliseconds + Self.arrivalLimit
    let last = try await lastFact(of: campaign.cell)
    while loop.milliseconds < end {
      let cell = try await asked { () async throws(PostgresError) in
        try await CellStore(pool: pool).find(campaign.cell)
      }
      // Under another lease the cursor says nothing about it, and it may be lost.
      guard let cell, cell.epoch == last.epoch else { throw .unavailable }
      let cursor = StreamPosition(
        milliseconds: cell.cursor.milliseconds, sequence: cell.cursor.sequence)
      // Asked behind the cursor, which comes to stand there together with the coupon.
      if let record = try await find(coupon, wish) { return record }
      if cursor >= last.position { return nil }
      await loop.sleep(for: Self.interval)
    }
    throw .unavailable
  }

  /// The last fact of a cell and the epoch of its lease.
  private func lastFact(
    of name: CellName
  ) async throws(OperatorRefusal) -> (epoch: Int, position: StreamPosition) {
    let cell = cells.runtime(of: name)
    let look = await CellLook.whenRead(at: cell)
    do throws(RedisError) {
      let position = try await look.lastFact()
      if try await look.isVouchedFor(), let epoch = cell.lease.epoch { return (epoch, position) }
    } catch {}
    throw .unavailable
  }

  private func recall(_ target: CouponStore.Recall.Target, _ wish: Wish) -> CouponStore.Recall {
    CouponStore.Recall(
      id: identifiers.next(at: clock.now()), campaign: wish.campaign, tenant: wish.tenant,
      target: target, actor: wish.actor, reason: wish.reason)
  }

  private func held(
    by user: UserID, of campaign: Campaign
  ) async throws(OperatorRefusal) -> (coupons: [HeldCoupons.Coupon], look: CellLook) {
    let cell = cells.runtime(of: campaign.cell)
    let look = await CellLook.whenRead(at: cell)
    let held: [HeldCoupons.Coupon]
    let isVouchedFor: Bool
    do throws(RedisError) {
      held = try await HeldCoupons.read(
        of: user, campaign: campaign.id, keys: cell.keys, client: cell.client)
      // Asked behind the look: what a wiped Redis does not have may be on its way into the ledger.
      isVouchedFor = try await look.isVouchedFor()
    } catch {
      throw .unavailable
    }
    guard isVouchedFor else { throw .unavailable }
    return (held, look)
  }

  /// Waits until the cell knows what was taken back, so that who was told so finds it done.
  private func settle(
    _ records: [CouponStore.Record], of user: UserID, _ campaign: Campaign
  ) async {
    let taken = records.filter(\.isTakenBack).map(\.coupon)
    await loop.poll(for: Self.settleLimit, every: Self.interval) {
      guard let held = try? await held(by: user, of: campaign) else { return false }
      return Set(held.coupons.lazy.filter(\.isTakenBack).map(\.id)).isSuperset(of: taken)
    }
  }
}
