internal import EventLoop

/// Everything that chance decides about a round: a function of the seed and the round's number.
struct RoundPlan: Equatable, Sendable {
  let number: Int
  /// How long users claim.
  let length: Duration
  /// In the order of their moments.
  let strikes: [Strike]
  let campaigns: [CampaignPlan]
  /// Redis is wiped, and nothing else happens that would hold up its rebuild.
  let measuresReopening: Bool

  var hasFlush: Bool { strikes.contains { $0.kind == .flush } }

  /// Every third round wipes Redis; of these every second one is otherwise calm.
  private static let flushInterval = 3
  private static let downtime: ClosedRange<Duration> = .milliseconds(20)...(.milliseconds(900))
  private static let freezing: ClosedRange<Duration> = .milliseconds(200)...(.milliseconds(2600))
  /// At most so many strikes beyond one on each kind of part.
  private static let maximumExtraStrikes = 3

  init(number: Int, seed: UInt64, options: ChaosOptions) {
    var numbers = SeededNumbers(seed: seed &+ UInt64(number) &* 0x9e37_79b9_7f4a_7c15)
    self.number = number
    length = options.roundLength
    let isFlushRound = number % Self.flushInterval == 0
    measuresReopening = isFlushRound && number / Self.flushInterval % 2 == 1
    var kinds: [Strike.Kind] = []
    if isFlushRound { kinds.append(.flush) }
    if measuresReopening {
      kinds.append(.kill(.api(Int.random(in: 0..<options.processes, using: &numbers))))
    } else {
      kinds += Self.kinds(options, &numbers)
    }
    var strikes = Self.place(kinds, in: length, &numbers)
    if isFlushRound, !measuresReopening, let flush = strikes.first(where: { $0.kind == .flush }) {
      strikes += Self.freezeAll(before: flush.moment, &numbers)
      strikes = Self.withoutOverlaps(strikes)
    }
    self.strikes = strikes
    campaigns = Self.campaigns(&numbers)
  }

  /// One strike on each kind of part, and a few more.
  private static func kinds(
    _ options: ChaosOptions, _ numbers: inout SeededNumbers
  ) -> [Strike.Kind] {
    func api() -> Strike.Kind {
      .kill(.api(Int.random(in: 0..<options.processes, using: &numbers)))
    }
    func reconciler() -> Strike.Kind {
      let part = ChaosPart.reconciler(
        Int.random(in: 0..<ChaosOptions.reconcilers, using: &numbers))
      return numbers.chance(0.5) ? .kill(part) : .freeze(part)
    }
    var kinds = [.kill(.redis), .kill(.postgres), api(), reconciler()]
    for _ in 0..<Int.random(in: 0...maximumExtraStrikes, using: &numbers) {
      switch Int.random(in: 0..<4, using: &numbers) {
      case 0: kinds.append(.kill(.redis))
      case 1: kinds.append(.kill(.postgres))
      case 2: kinds.append(api())
      default: kinds.append(reconciler())
      }
    }
    return kinds
  }

  /// Gives each strike a moment; one that would hit a part that is still down is left out.
  private static func place(
    _ kinds: [Strike.Kind], in length: Duration, _ numbers: inout SeededNumbers
  ) -> [Strike] {
    let moments = (length * 0.1)...(length * 0.9)
    let strikes = kinds.map { kind in
      let moment = numbers.duration(in: kind == .flush ? (length * 0.3)...(length * 0.6) : moments)
      let pause: Duration =
        switch kind {
        case .kill: numbers.duration(in: downtime)
        case .freeze: numbers.duration(in: freezing)
        case .flush: .zero
        }
      return Strike(kind: kind, moment: moment, pause: pause)
    }
    return withoutOverlaps(strikes)
  }

  /// Keeps facts away from the ledger when Redis is wiped.
  private static func freezeAll(
    before moment: Duration, _ numbers: inout SeededNumbers
  ) -> [Strike] {
    let earlier = numbers.duration(in: .milliseconds(20)...(.milliseconds(300)))
    return (0..<ChaosOptions.reconcilers).map { number in
      Strike(
        kind: .freeze(.reconciler(number)), moment: moment - earlier,
        pause: numbers.duration(in: .milliseconds(400)...(.milliseconds(1200))))
    }
  }

  /// In the order of their moments, without those that would hit a part that is still down.
  private static func withoutOverlaps(_ strikes: [Strike]) -> [Strike] {
    var busyUntil: [ChaosPart: Duration] = [:]
    return strikes.sorted { $0.moment < $1.moment }.filter { strike in
      guard let part = strike.part else { return true }
      if let until = busyUntil[part], strike.moment <= until { return false }
      busyUntil[part] = strike.moment + strike.pause
      return true
    }
  }

  /// Both acknowledgements, scarce and plentiful, one coupon a user and several.
  private static func campaigns(_ numbers: inout SeededNumbers) -> [CampaignPlan] {
    func plan(
      _ acknowledgement: CampaignPlan.Acknowledgement, _ quantity: ClosedRange<Int>, limit: Int,
      keyed: Double, tenant: Int
    ) -> CampaignPlan {
      CampaignPlan(
        acknowledgement: acknowledgement, quantity: Int.random(in: quantity, using: &numbers),
        perUserLimit: limit, users: Int.random(in: 2000...4000, using: &numbers),
        keyedShare: keyed, tenant: tenant)
    }
    let several = Int.random(in: 2...4, using: &numbers)
    return [
      plan(.hot, 150...1200, limit: 1, keyed: 0, tenant: 0),
      plan(.hot, 100_000...200_000, limit: several, keyed: 0.7, tenant: 0),
      plan(.ledger, 100...800, limit: 1, keyed: 0.3, tenant: 0),
      plan(.ledger, 100_000...200_000, limit: 1, keyed: 0.5, tenant: 1),
      plan(.hot, 500...2500, limit: 2, keyed: 1, tenant: 1),
    ]
  }
}
