import Domain
import EventLoop
import HotPath
import Ledger
import Redis
import TestSupport
import Testing

/// A sale and a campaign that have rate policies, in one cell, a waiting room, and a node's ways to all of
/// them with a connection of its own. Loop-confined.
final class HotScene {
  static let pieces = 30
  static let coupons = 30
  static let places = 3

  let bench: SaleBench
  let shop: OrderBench
  let sale: Sale
  let campaign: Campaign
  let room: RoomUnderTest
  /// Orders that somebody was told of.
  private(set) var told: Set<Identifier> = []
  private var reservation: Reservation?
  private var coupon: IssuedCoupon?

  private let router: RedisRouter
  private let lease: CellLease
  private let claims: ClaimPath
  private let orders: ReservePath
  private let hotCampaign: HotCampaign
  private let hotSale: HotSale

  private init(
    _ shop: OrderBench, _ sale: Sale, _ campaign: Campaign, _ room: RoomUnderTest,
    _ policy: RatePolicy, replicaWait: ReplicaWait?
  ) {
    self.shop = shop
    self.sale = sale
    self.campaign = campaign
    self.room = room
    bench = shop.bench
    router = RedisRouter(configuration: bench.configuration.redis, loop: bench.loop)
    let client = router.client(for: bench.keys.lease)
    let lease = CellLease(keys: bench.keys, client: client)
    self.lease = lease
    var limits = ClaimPath.Limits()
    limits.replicaWait = replicaWait
    claims = ClaimPath(client: client, lease: lease, limits: limits)
    orders = ReservePath(client: client, lease: lease, limits: limits)
    hotCampaign = HotCampaign(
      id: campaign.id, version: campaign.version, keys: bench.keys, ratePolicy: policy)
    hotSale = HotSale(
      scope: sale.scope, market: sale.market, keys: bench.keys, reservationMilliseconds: 600_000,
      ratePolicy: policy)
    router.onChange = { _ in lease.connectionChanged() }
    router.start()
    lease.start()
  }

  /// Opens everything; a reconciler is at work.
  ///
  /// - Parameters:
  ///   - burst: requests of a user that the policies let through.
  ///   - replicaWait: what claims and orders wait for.
  ///   - isNear: whether a room with these keys lies where it should.
  static func make(
    _ bench: SaleBench, burst: Int = 3, replicaWait: ReplicaWait? = nil,
    isNear: (RoomKeys) async throws -> Bool = { _ in true }
  ) async throws -> HotScene {
    let policy = RatePolicy(
      limit: burst, windowMilliseconds: 3_600_000, burst: burst, scope: .user)
    let shop = try await OrderBench(bench, stock: [("A", pieces)])
    try await shop.untilSellable("A")
    let sale = try await shop.createSale(
      [("A", pieces, 0)], ownCell: false, ratePolicy: policy)
    let campaign = try await bench.createCampaign(quantity: coupons, ratePolicy: policy)
    let room = try await RoomUnderTest(bench, capacity: places, isWanted: isNear)
    let scene = HotScene(shop, sale, campaign, room, policy, replicaWait: replicaWait)
    try await scene.untilOpen()
    try await room.untilPut()
    return scene
  }

  func close() {
    lease.end()
    router.close()
  }

  /// Waits until orders and claims are decided, under a lease that the ledger has vouched for.
  func untilOpen() async throws {
    try await shop.untilSellable("A", in: sale)
    try await bench.untilClaimable(campaign)
  }

  // MARK: Before and after a fault

  /// Ann uses up what the policies let through, ben orders and claims once; some wait, some are inside.
  func play() async throws {
    let first = try await order("ann", key: 1)
    #expect(first.isReservation)
    #expect(try await order("ann", key: 1) == first.replay)
    #expect(try await order("ann", key: 1, pieces: 2) == .keyReused)
    #expect(try await order("ann", key: 2).isRateLimited)
    guard case .granted(let reservation) = try await order("ben", key: 3) else {
      Issue.record("ben has no order")
      return
    }
    self.reservation = reservation

    let decisions = [
      try await claim("ann"), try await claim("ann"), try await claim("ann"),
      try await claim("ann"),
    ]
    #expect(decisions.map(\.isCoupon) == [true, true, true, false])
    #expect(decisions[3].isRateLimited)
    guard case .granted(let coupon) = try await claim("ben", key: "k") else {
      Issue.record("ben has no coupon")
      return
    }
    self.coupon = coupon

    for number in 1...6 { #expect(try await join(number) == number) }
    try await room.untilInside(Self.places)
    for number in 1...Self.places { #expect(try await isAdmitted(number)) }
  }

  /// All that was decided holds, and all goes on from there until nothing is left.
  func goOn() async throws {
    #expect(try await order("ann", key: 9).isRateLimited)
    #expect(try await claim("ann").isRateLimited)
    let reservation = try #require(reservation)
    let coupon = try #require(coupon)
    #expect(try await order("ben", key: 3) == .replayed(reservation))
    #expect(try await claim("ben", key: "k") == .replayed(coupon))
    try await admitMore()
    try await sellOut()
    try await settle()
  }

  /// Those inside are inside, those that wait keep their places, and nobody gets one twice.
  private func admitMore() async throws {
    for number in [4, 5, 6] { #expect(try await join(number) == number) }
    for number in 1...Self.places { #expect(try await isAdmitted(number)) }
    #expect(try await join(7) > 6)
    #expect(try await room.state()?.inside == Self.places)
    try await room.change { $0.capacity = 5 }
    try await room.untilInside(5)
    #expect(try await isAdmitted(4))
    #expect(try await isAdmitted(5))
    #expect(try await room.see(visitor: 6, number: 6) == .waiting(rank: nil))
  }

  private func sellOut() async throws {
    for number in 0..<Self.pieces + 10 {
      let decision = try await order("user\(number)", key: 100 + UInt64(number))
      guard let level = try await shop.levelInRedis("A", in: sale) else {
        Issue.record("the account is gone")
        return
      }
      #expect(level.isSound && level.available + level.reserved + level.sold == Self.pieces)
      #expect(decision.isReservation || level.available == 0)
      _ = try await claim("user\(number)")
    }
    #expect(told.count == Self.pieces)
  }

  /// Some pay, some cancel, and both servers count the same.
  private func settle() async throws {
    try await shop.untilSettled()
    let orders = told.sorted { "\($0)" < "\($1)" }
    _ = try await shop.orders.markPaid(Array(orders[..<5]), of: bench.tenant)
    for order in orders[5..<10] {
      _ = try await shop.orders.cancel(order, of: bench.tenant, user: nil, reason: "no")
    }
    try await shop.untilSettled()
    let level = StockLevel(received: Self.pieces, reserved: Self.pieces - 10, sold: 5)
    #expect(try await shop.level("A", in: sale) == level)
    #expect(try await shop.levelInRedis("A", in: sale) == level)
    #expect(try await bench.disagreement(campaign) == nil)
    #expect(try await bench.ledgerGrants(campaign).count == Self.coupons)
    #expect(try await shop.breaches() == [])
  }

  // MARK: Requests

  /// Orders until there is a decision.
  func order(_ user: String, key: UInt64, pieces: Int = 1) async throws -> ReserveDecision {
    try await eventually(within: .seconds(60), "the order is decided") {
      try? await tryOrder(user, key: key, pieces: pieces).get()
    }
  }

  /// Orders once.
  func tryOrder(
    _ user: String, key: UInt64, pieces: Int = 1
  ) async -> Result<ReserveDecision, Unavailability> {
    let result: Result<ReserveDecision, Unavailability> = await withCheckedContinuation { waiting in
      orders.submit(
        Order(
          sale: hotSale, user: user,
          idempotency: RequestIdempotency(
            key: RequestDigest(high: 7, low: key),
            fingerprint: RequestDigest(high: 7, low: UInt64(pieces))),
          lines: [.init(stock: hotSale.stock(SKU("A")!), quantity: pieces)]
        ) { waiting.resume(returning: $0) })
    }
    switch result {
    case .success(.granted(let reservation)), .success(.replayed(let reservation)):
      told.insert(reservation.order)
    default: break
    }
    return result
  }

  /// Claims until there is a decision.
  func claim(_ user: String, key: String? = nil) async throws -> ClaimDecision {
    try await eventually(within: .seconds(60), "the claim is decided") {
      await withCheckedContinuation { (waiting: CheckedContinuation<ClaimDecision?, Never>) in
        claims.submit(
          Claim(
            campaign: hotCampaign, user: user,
            idempotency: key.map { .init(digest: $0, fingerprint: "f") }
          ) { waiting.resume(returning: $0) })
      }
    }
  }

  /// The number of a visitor's ticket, once one is given.
  private func join(_ visitor: Int) async throws -> Int {
    try await eventually(within: .seconds(60), "the ticket is given") {
      guard case .waiting(let number) = try await room.join(visitor) else { return nil }
      return number
    }
  }

  private func isAdmitted(_ number: Int) async throws -> Bool {
    if case .admitted = try await room.see(visitor: number, number: number) { true } else { false }
  }

  private final class Order: ReserveOperation {
    let done: (Result<ReserveDecision, Unavailability>) -> Void

    init(
      sale: HotSale, user: String, idempotency: RequestIdempotency, lines: [Line],
      done: @escaping (Result<ReserveDecision, Unavailability>) -> Void
    ) {
      self.done = done
      super.init(sale: sale, user: user, idempotency: idempotency, lines: lines)
    }

    override func ended(_ outcome: ReserveOutcome) {
      switch outcome {
      case .decided(let decision, _, _): done(.success(decision))
      case .unavailable(let reason): done(.failure(reason))
      }
    }
  }

  private final class Claim: ClaimOperation {
    let done: (ClaimDecision?) -> Void

    init(
      campaign: HotCampaign, user: String, idempotency: Idempotency?,
      done: @escaping (ClaimDecision?) -> Void
    ) {
      self.done = done
      super.init(campaign: campaign, user: user, idempotency: idempotency, isEligible: true)
    }

    override func ended(_ outcome: ClaimOutcome) {
      if case .decided(let decision, _, _) = outcome { done(decision) } else { done(nil) }
    }
  }
}

extension ReserveDecision {
  fileprivate var isRateLimited: Bool { if case .rateLimited = self { true } else { false } }

  /// What a repeat of the request is told.
  fileprivate var replay: ReserveDecision {
    if case .granted(let reservation) = self { .replayed(reservation) } else { self }
  }
}

extension ClaimDecision {
  fileprivate var isRateLimited: Bool { if case .rateLimited = self { true } else { false } }
}
