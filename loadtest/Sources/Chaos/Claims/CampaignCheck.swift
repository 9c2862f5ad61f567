internal import Domain

/// Compares one campaign's ledger with what its clients were told, and with Redis: a function of
/// what was seen.
struct CampaignCheck {
  let campaign: ChaosCampaign
  let state: CampaignState
  /// The claims of this campaign, with their intents.
  let claims: [(intent: ClaimIntent, number: Int, claim: LoggedClaim)]
  let wipes: [WipeRecord]
  /// From this moment of the monotonic clock on, all was well again.
  let recoveredAt: UInt64

  private let rowOfSequence: [Int: RecordedCoupon]
  private let rowsOfUser: [String: [RecordedCoupon]]

  init(
    _ campaign: ChaosCampaign, index: Int, state: CampaignState, log: ClaimLog,
    wipes: [WipeRecord], recoveredAt: UInt64
  ) {
    self.campaign = campaign
    self.state = state
    self.wipes = wipes
    self.recoveredAt = recoveredAt
    claims = log.claims.compactMap { claim in
      let intent = log.intents[claim.intent]
      return intent.campaign == index ? (intent, claim.intent, claim) : nil
    }
    rowOfSequence = Dictionary(state.rows.map { ($0.sequence, $0) }) { first, _ in first }
    rowsOfUser = Dictionary(grouping: state.rows, by: \.user)
  }

  /// What a check found.
  struct Result {
    var breaches = Breaches()
    /// Coupons that clients were told of and that a wipe took away, as `hot` allows.
    var lost: Set<FactName> = []
  }

  func run() -> Result {
    var result = Result()
    checkBounds(&result.breaches)
    checkUsers(&result.breaches)
    checkTold(&result)
    checkIntents(&result.breaches)
    checkRefusals(&result.breaches)
    checkRedis(&result.breaches)
    return result
  }

  // MARK: The ledger by itself

  private func checkBounds(_ breaches: inout Breaches) {
    let rows = state.rows
    if rows.count > campaign.plan.finalQuantity {
      breaches.add("\(name): \(rows.count) coupons of a quantity of \(campaign.plan.finalQuantity)")
    }
    if rowOfSequence.count != rows.count { breaches.add("\(name): a sequence is there twice") }
    if let last = rows.last?.sequence, last != rows.count {
      breaches.add("\(name): \(rows.count) coupons, the last of them number \(last)")
    }
    if state.counted != rows.count {
      breaches.add("\(name): \(rows.count) coupons, but the campaign counts \(state.counted)")
    }
  }

  private func checkUsers(_ breaches: inout Breaches) {
    // With a key an intent makes one coupon at most; without, each of its requests may.
    var expected: [String: Set<String>] = [:]
    for (position, item) in claims.enumerated() where item.claim.outcome != .unsent {
      expected[campaign.name(of: item.intent.user), default: []]
        .insert(item.intent.key ?? "request \(position)")
    }
    for (user, rows) in rowsOfUser {
      if rows.count > campaign.plan.perUserLimit {
        breaches.add("\(name): \(rows.count) coupons of \(user)")
      }
      if Set(rows.map(\.ordinal)) != Set(1...rows.count) {
        breaches.add("\(name): the coupons of \(user) are numbered \(rows.map(\.ordinal))")
      }
      if rows.count > expected[user]?.count ?? 0 {
        breaches.add("\(name): \(user) has \(rows.count) coupons and never asked for so many")
      }
    }
  }

  // MARK: What clients were told

  /// The coupon is in the ledger as the client was told.
  private func isRecorded(_ told: LoggedClaim.Told, of user: String) -> Bool {
    guard let row = rowOfSequence[told.sequence] else { return false }
    return row.coupon == told.coupon && row.user == user
  }

  private func checkTold(_ result: inout Result) {
    var issued: [Identifier: Int] = [:]
    for item in claims {
      guard let told = item.claim.told else {
        if case .wrong(let answer) = item.claim.outcome {
          result.breaches.add("\(name): \(answer)")
        }
        continue
      }
      let user = campaign.name(of: item.intent.user)
      if told.isOwn, !told.isReplayed,
        let other = issued.updateValue(item.number, forKey: told.coupon)
      {
        result.breaches.add(
          "\(name): coupon \(told.coupon) was issued to intents \(other) and \(item.number)")
      }
      if isRecorded(told, of: user) { continue }
      let fact = FactName.coupon(
        campaign: campaign.id, sequence: told.sequence, user: user)
      if mayBeLost(fact, item.claim) {
        result.lost.insert(fact)
      } else {
        let row = rowOfSequence[told.sequence].map { "\($0.coupon) of \($0.user)" }
        result.breaches.add(
          """
          \(name): \(user) was told of coupon \(told.coupon), sequence \(told.sequence); the ledger \
          has \(row ?? "nothing") there
          """)
      }
    }
  }

  /// With `hot`, a wipe may take facts above the cursor, a loss of power those of the last second (with
  /// `everysec`), and nothing else may.
  private func mayBeLost(_ fact: FactName, _ claim: LoggedClaim) -> Bool {
    guard campaign.plan.acknowledgement == .hot else { return false }
    return wipes.contains {
      $0.mayHaveTaken(fact, askedAt: claim.startedAt, toldAt: claim.endedAt)
    }
  }

  /// One coupon for one key, however often it was asked.
  private func checkIntents(_ breaches: inout Breaches) {
    var couponOfIntent: [Int: Identifier] = [:]
    for item in claims where item.intent.key != nil {
      guard let told = item.claim.told, told.isOwn,
        isRecorded(told, of: campaign.name(of: item.intent.user))
      else { continue }
      if let other = couponOfIntent.updateValue(told.coupon, forKey: item.number),
        other != told.coupon
      {
        breaches.add("\(name): one key brought coupons \(other) and \(told.coupon)")
      }
    }
  }

  /// How long a node may go on telling sold out, in nanoseconds, when an operator's change does not
  /// reach it.
  private static let longestBelief: UInt64 = 1_500_000_000

  private func checkRefusals(_ breaches: inout Breaches) {
    let belief = campaign.plan.raise == nil ? 0 : Self.longestBelief
    // When the last of a user's coupons, up to the limit, was told.
    var toldAt: [Int: [Identifier: UInt64]] = [:]
    for item in claims {
      guard let told = item.claim.told,
        isRecorded(told, of: campaign.name(of: item.intent.user))
      else { continue }
      let known = toldAt[item.intent.user]?[told.coupon] ?? .max
      toldAt[item.intent.user, default: [:]][told.coupon] = min(known, item.claim.endedAt)
    }
    for item in claims where item.claim.outcome == .soldOut {
      let coupons = toldAt[item.intent.user, default: [:]]
        .values.filter { $0 + belief < item.claim.startedAt }
      if coupons.count >= campaign.plan.perUserLimit {
        breaches.add(
          "\(name): \(campaign.name(of: item.intent.user)) has its coupons and was told sold out")
      }
      // What a wipe took, or an operator added, is for others: before that, sold out was true.
      let isFixed = wipes.isEmpty && campaign.plan.raise == nil
      let isFinal = isFixed || item.claim.startedAt > recoveredAt
      if isFinal, state.rows.count < campaign.plan.finalQuantity {
        breaches.add(
          "\(name): sold out was told, but \(state.rows.count) of \(campaign.plan.finalQuantity) are issued"
        )
      }
    }
  }

  // MARK: Redis

  private func checkRedis(_ breaches: inout Breaches) {
    if state.terms.quantity != campaign.plan.finalQuantity || state.termsInRedis != state.terms {
      breaches.add(
        "\(name): the terms are \(state.terms) in the ledger, \(state.termsInRedis) in Redis")
    }
    if state.issuedInRedis != state.rows.count {
      let count = state.issuedInRedis.map(String.init) ?? "nothing"
      breaches.add("\(name): \(state.rows.count) coupons in the ledger, \(count) in Redis")
    }
    for (user, rows) in rowsOfUser {
      let expected = rows.sorted { $0.ordinal < $1.ordinal }
        .map { "\($0.sequence):\($0.issuedAt)" }.joined(separator: ",")
      if state.holdersInRedis[user] != expected {
        breaches.add(
          "\(name): \(user) holds \(expected) in the ledger, \(state.holdersInRedis[user] ?? "nothing") in Redis"
        )
      }
    }
    for user in state.holdersInRedis.keys where rowsOfUser[user] == nil {
      breaches.add("\(name): \(user) holds a coupon in Redis alone")
    }
  }

  private var name: String {
    "campaign \(campaign.prefix.dropLast()) (\(campaign.plan.acknowledgement.rawValue))"
  }
}
