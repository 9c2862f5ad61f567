import Domain
import Testing

@testable import spillway_loadtest

@Suite struct CampaignCheckTests {
  /// A round that can be told step by step, and what the ledger holds after it.
  private struct Round {
    var campaign: ChaosCampaign
    var state = CampaignState()
    let log = ClaimLog()
    var wipes: [WipeRecord] = []
    var clock: UInt64 = 0

    init(
      _ acknowledgement: CampaignPlan.Acknowledgement = .hot, quantity: Int = 10, limit: Int = 1
    ) {
      campaign = ChaosCampaign(
        id: Identifier(high: 7, low: 7),
        plan: CampaignPlan(
          acknowledgement: acknowledgement, quantity: quantity, perUserLimit: limit, users: 100,
          keyedShare: 0, tenant: 0, raise: nil),
        tenant: ChaosTenant.all[0], prefix: "u-")
      state.terms = .init(quantity: quantity, version: 1)
      state.termsInRedis = state.terms
    }

    static func coupon(_ sequence: Int, _ version: Int = 0) -> Identifier {
      Identifier(high: UInt64(version), low: UInt64(sequence))
    }

    /// A user asks and hears of a coupon.
    mutating func told(
      _ user: Int, _ sequence: Int, version: Int = 0, key: String? = nil, isOwn: Bool = true,
      isReplayed: Bool = false
    ) {
      let told = LoggedClaim.Told(
        coupon: Self.coupon(sequence, version), sequence: sequence, isOwn: isOwn,
        isReplayed: isReplayed)
      ask(user, .coupon(told), key: key)
    }

    mutating func ask(
      _ user: Int, _ outcome: LoggedClaim.Outcome, key: String? = nil
    ) {
      let known = key.flatMap { key in
        log.intents.firstIndex { $0.key == key && $0.user == user }
      }
      let intent = known ?? log.add(ClaimIntent(campaign: 0, user: user, key: key))
      log.add(
        LoggedClaim(intent: intent, startedAt: clock + 1, endedAt: clock + 2, outcome: outcome))
      clock += 10
    }

    /// The ledger and Redis have a coupon.
    mutating func record(_ user: Int, _ sequence: Int, ordinal: Int = 1) {
      let name = campaign.name(of: user)
      state.rows.append(
        RecordedCoupon(
          sequence: sequence, user: name, coupon: Self.coupon(sequence), ordinal: ordinal,
          issuedAt: 1000 + sequence))
      state.counted = state.rows.count
      state.issuedInRedis = state.rows.count
      let held = state.holdersInRedis[name].map { "\($0)," } ?? ""
      state.holdersInRedis[name] = "\(held)\(sequence):\(1000 + sequence)"
    }

    /// Redis is wiped, with facts that the ledger did not have.
    mutating func wipe(_ unrecorded: [(user: Int, sequence: Int)]) {
      var wipe = WipeRecord()
      wipe.moment = clock
      wipe.unrecorded = Set(
        unrecorded.map {
          FactName.coupon(
            campaign: campaign.id, sequence: $0.sequence, user: campaign.name(of: $0.user))
        })
      wipes.append(wipe)
      clock += 10
    }

    /// Redis loses its power, and with it what was told since a moment at most.
    mutating func losePower(keptUntil: UInt64) {
      wipes.append(WipeRecord(isUncertain: true, moment: clock, keptUntil: keptUntil))
      clock += 10
    }

    func result(recoveredAt: UInt64 = .max) -> CampaignCheck.Result {
      CampaignCheck(
        campaign, index: 0, state: state, log: log, wipes: wipes, recoveredAt: recoveredAt
      ).run()
    }

    var breaches: Int { result().breaches.count }
  }

  @Test func `what was told and is recorded holds`() {
    var round = Round(quantity: 2)
    round.told(1, 1)
    round.told(1, 1, isOwn: false, isReplayed: true)
    round.ask(2, .unknown)
    round.ask(3, .soldOut)
    round.record(1, 1)
    round.record(2, 2)
    #expect(round.breaches == 0)
  }

  @Test func `a coupon that was told and is not recorded is a breach`() {
    var round = Round()
    round.told(1, 1)
    round.told(2, 2)
    round.record(1, 1)
    #expect(round.breaches == 1)
  }

  @Test func `with its power Redis may lose hot coupons of its last second, and no older ones`() {
    func round(_ acknowledgement: CampaignPlan.Acknowledgement, losesFirst: Bool) -> Round {
      var round = Round(acknowledgement)
      round.told(1, 1)
      let second = round.clock
      round.told(2, 2)
      round.losePower(keptUntil: second)
      if losesFirst {
        round.state.issuedInRedis = 0
      } else {
        round.record(1, 1)
      }
      return round
    }
    let young = round(.hot, losesFirst: false)
    #expect(young.breaches == 0)
    #expect(young.result().lost.count == 1)
    #expect(round(.hot, losesFirst: true).breaches == 1)
    #expect(round(.ledger, losesFirst: false).breaches == 1)
  }

  @Test func `a wipe may take hot coupons above the cursor, and nothing else`() {
    var hot = Round(.hot)
    hot.told(1, 1)
    hot.told(2, 2, version: 1)
    hot.wipe([(2, 2)])
    hot.told(3, 2)
    hot.record(1, 1)
    hot.record(3, 2)
    #expect(hot.breaches == 0)
    #expect(hot.result().lost.count == 1)

    var below = Round(.hot)
    below.told(1, 1)
    below.wipe([])
    #expect(below.breaches == 2, "lost although recorded, and nothing left in Redis")

    var ledger = Round(.ledger)
    ledger.told(1, 1)
    ledger.wipe([(1, 1)])
    ledger.state.issuedInRedis = 0
    #expect(ledger.breaches == 1)
  }

  @Test func `a coupon that is told after a wipe may not be lost by it`() {
    var round = Round(.hot)
    round.wipe([(1, 1)])
    round.told(1, 1)
    round.state.issuedInRedis = 0
    #expect(round.breaches == 1)
  }

  @Test func `more than the quantity, a gap and a wrong count are breaches`() {
    var over = Round(quantity: 1)
    over.told(1, 1)
    over.told(2, 2)
    over.record(1, 1)
    over.record(2, 2)
    #expect(over.breaches == 1)

    var gap = Round()
    gap.told(1, 2)
    gap.record(1, 2)
    #expect(gap.breaches == 1)

    var count = Round()
    count.told(1, 1)
    count.record(1, 1)
    count.state.counted = 2
    #expect(count.breaches == 1)
  }

  @Test func `nobody has more than the limit or than was asked for`() {
    var limit = Round(limit: 1)
    limit.told(1, 1)
    limit.told(1, 2)
    limit.record(1, 1)
    limit.record(1, 2, ordinal: 2)
    #expect(limit.breaches == 1)

    var unasked = Round(limit: 2)
    unasked.told(1, 1, key: "a")
    unasked.told(1, 1, key: "a", isReplayed: true)
    unasked.record(1, 1)
    unasked.record(1, 2, ordinal: 2)
    #expect(unasked.breaches == 1)
  }

  @Test func `one key brings one coupon`() {
    var round = Round(limit: 2)
    round.told(1, 1, key: "a")
    round.told(1, 2, key: "a")
    round.ask(1, .unknown, key: "b")
    round.record(1, 1)
    round.record(1, 2, ordinal: 2)
    #expect(round.breaches == 1)
  }

  @Test func `sold out is for those without a coupon, and true`() {
    var holder = Round(quantity: 1)
    holder.told(1, 1)
    holder.ask(1, .soldOut)
    holder.record(1, 1)
    #expect(holder.breaches == 1)

    var early = Round(quantity: 2)
    early.told(1, 1)
    early.ask(2, .soldOut)
    early.record(1, 1)
    #expect(early.breaches == 1)
  }

  @Test func `sold out before a wipe may become untrue, after recovery not`() {
    var round = Round(quantity: 1)
    round.told(1, 1)
    round.ask(2, .soldOut)
    round.wipe([(1, 1)])
    round.state.issuedInRedis = 0
    #expect(round.breaches == 0)
    let recovered = round.clock
    round.ask(3, .soldOut)
    #expect(round.result(recoveredAt: recovered).breaches.count == 1)
  }

  @Test func `Redis must say what the ledger says`() {
    var count = Round()
    count.told(1, 1)
    count.record(1, 1)
    count.state.issuedInRedis = 2
    #expect(count.breaches == 1)

    var holder = Round()
    holder.told(1, 1)
    holder.record(1, 1)
    holder.state.holdersInRedis = ["u-1": "1:999", "u-2": "2:1000"]
    #expect(holder.breaches == 2)
  }

  @Test func `Redis must know the terms that the ledger has`() {
    var round = Round()
    round.state.issuedInRedis = 0
    round.state.termsInRedis.version = 2
    #expect(round.breaches == 1)
  }

  @Test func `an answer that no claim may get is a breach`() {
    var round = Round()
    round.ask(1, .wrong("status 500"))
    round.state.issuedInRedis = 0
    #expect(round.breaches == 1)
  }
}
