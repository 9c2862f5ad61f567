internal import EventLoop

/// Everything that chance decides about a round: a function of the seed and the round's number.
struct RoundPlan: Equatable, Sendable {
  let number: Int
  /// How long the crowd comes.
  let length: Duration
  /// In the order of their moments.
  let strikes: [Strike]
  /// Of those who claim; none where nobody does.
  let campaigns: [CampaignPlan]
  /// Of those who order; none where nobody does.
  let sales: [SalePlan]
  /// Of those who use coupons of a campaign that is recalled: when that happens to those of each sale;
  /// none where nobody does.
  let recalls: [Duration]
  /// Redis is wiped, and nothing else happens that would hold up its rebuild.
  let measuresReopening: Bool

  var hasWipe: Bool { strikes.contains(where: \.isWipe) }

  /// In every third round Redis loses facts; every second of these is otherwise calm.
  private static let wipeInterval = 3
  private static let downtime: ClosedRange<Duration> = .milliseconds(20)...(.milliseconds(900))
  private static let freezing: ClosedRange<Duration> = .milliseconds(200)...(.milliseconds(2600))
  private static let delays: ClosedRange<Duration> = .milliseconds(2)...(.milliseconds(200))
  /// How much of its file Redis loses with its power: less than what `everysec` may lose.
  private static let lostTails: ClosedRange<Duration> = .milliseconds(50)...(.milliseconds(800))
  /// Seconds, less than tokens tolerate.
  private static let clockSteps = 2...20
  /// Lines that are struck in a round.
  private static let linkStrikes = 1...3
  /// At most so many strikes beyond one on each kind of part.
  private static let maximumExtraStrikes = 3

  init(number: Int, seed: UInt64, options: ChaosOptions) {
    var numbers = SeededNumbers(seed: seed, part: number)
    self.number = number
    length = options.roundLength
    let isWipeRound = number % Self.wipeInterval == 0
    measuresReopening = isWipeRound && number / Self.wipeInterval % 2 == 1
    var kinds: [Strike.Kind] = []
    if measuresReopening {
      kinds = [.flush, .kill(.api(Int.random(in: 0..<options.processes, using: &numbers)))]
    } else {
      if isWipeRound {
        // One that lags would be among the replicas that answers wait for.
        let wipes: [Strike.Kind] =
          options.replicas > 0 ? [.flush, .rollBack] : [.flush, .rollBack, .promote]
        kinds.append(wipes.randomElement(using: &numbers)!)
      }
      kinds += Self.kinds(options, &numbers)
      kinds += Self.linkKinds(options, &numbers)
    }
    var strikes = Self.place(kinds, in: length, &numbers)
    if !measuresReopening, let wipe = strikes.first(where: \.isWipe) {
      strikes += Self.freezeReconcilers(before: wipe.moment, &numbers)
      strikes = Self.withoutOverlaps(strikes)
    }
    self.strikes = strikes
    let campaigns = CampaignPlan.some(in: length, &numbers)
    let sales =
      options.crowds == .shop
      ? SalePlan.shop(&numbers) : SalePlan.some(of: options.flashSale, &numbers)
    let middle = (length * 0.3)...(length * 0.8)
    let moments = sales.map { _ in numbers.duration(in: middle) }
    recalls = options.crowds == .shop ? moments : []
    self.campaigns = options.crowds.claims ? campaigns : []
    self.sales = options.crowds.orders ? sales : []
  }

  /// One strike on each kind of part, and a few more.
  private static func kinds(
    _ options: ChaosOptions, _ numbers: inout SeededNumbers
  ) -> [Strike.Kind] {
    func process(_ part: ChaosPart) -> Strike.Kind {
      switch Int.random(in: 0..<6, using: &numbers) {
      case 0, 1: .kill(part)
      case 2, 3: .freeze(part)
      case 4: .stepClock(part, clockStep(&numbers))
      default: .restart(part)
      }
    }
    func endOfRedis(_ usual: Strike.Kind) -> Strike.Kind {
      if options.replicas > 0, numbers.chance(0.5) { return .failOver }
      return options.fsync == .always ? usual : .losePower(numbers.duration(in: lostTails))
    }
    func kind(_ number: Int) -> Strike.Kind {
      switch number {
      case 0:
        switch Int.random(in: 0..<10, using: &numbers) {
        case 0..<6: endOfRedis(.kill(.redis))
        // With everysec it does not end with its disk full, but goes on without its file.
        case 6..<8: endOfRedis(.fillDisk(.redis))
        default: .freeze(.redis)
        }
      case 1: numbers.chance(0.75) ? .kill(.postgres) : .fillDisk(.postgres)
      case 2: process(.api(Int.random(in: 0..<options.processes, using: &numbers)))
      default:
        process(.reconciler(Int.random(in: 0..<ChaosOptions.reconcilers, using: &numbers)))
      }
    }
    let extra = Int.random(in: 0...maximumExtraStrikes, using: &numbers)
    let more = (0..<extra).map { _ in Int.random(in: 0..<4, using: &numbers) }
    return (0..<4).map { kind($0) } + more.map { kind($0) }
  }

  /// Forwards or back.
  private static func clockStep(_ numbers: inout SeededNumbers) -> Duration {
    let seconds = Int.random(in: clockSteps, using: &numbers)
    return .seconds(numbers.chance(0.5) ? seconds : -seconds)
  }

  /// Faults of a few lines, each of another one.
  private static func linkKinds(
    _ options: ChaosOptions, _ numbers: inout SeededNumbers
  ) -> [Strike.Kind] {
    let processes =
      (0..<options.processes).map { ChaosPart.api($0) }
      + (0..<ChaosOptions.reconcilers).map { ChaosPart.reconciler($0) }
    let links = processes.flatMap { process in
      ChaosLink.Server.allCases.map { ChaosLink(process: process, server: $0) }
    }
    let count = Int.random(in: linkStrikes, using: &numbers)
    return links.shuffled(using: &numbers).prefix(count).map { link in
      switch Int.random(in: 0..<3, using: &numbers) {
      case 0: .cut(link)
      case 1: .sever(link)
      default: .delay(link, numbers.duration(in: delays))
      }
    }
  }

  /// Gives each strike a moment; one that would hit a part that is still down is left out.
  private static func place(
    _ kinds: [Strike.Kind], in length: Duration, _ numbers: inout SeededNumbers
  ) -> [Strike] {
    let moments = (length * 0.1)...(length * 0.9)
    let strikes = kinds.map { kind in
      let moment = numbers.duration(in: kind.isWipe ? (length * 0.3)...(length * 0.6) : moments)
      let pause: Duration =
        switch kind {
        case .kill, .restart, .rollBack, .promote, .failOver, .fillDisk, .losePower:
          numbers.duration(in: downtime)
        case .freeze, .sever, .delay, .stepClock: numbers.duration(in: freezing)
        case .flush, .cut: .zero
        }
      return Strike(kind: kind, moment: moment, pause: pause)
    }
    return withoutOverlaps(strikes)
  }

  /// Keeps facts away from the ledger when Redis loses them.
  private static func freezeReconcilers(
    before moment: Duration, _ numbers: inout SeededNumbers
  ) -> [Strike] {
    let earlier = numbers.duration(in: .milliseconds(20)...(.milliseconds(300)))
    return (0..<ChaosOptions.reconcilers).map { number in
      Strike(
        kind: .freeze(.reconciler(number)), moment: moment - earlier,
        pause: numbers.duration(in: .milliseconds(400)...(.milliseconds(1200))))
    }
  }

  /// In the order of their moments, without those that would hit a part that is still down; what wipes
  /// Redis stays in any case.
  private static func withoutOverlaps(_ strikes: [Strike]) -> [Strike] {
    func goesBefore(_ one: Strike, _ other: Strike) -> Bool {
      one.isWipe == other.isWipe ? one.moment < other.moment : one.isWipe
    }
    var busy: [ChaosPart: [ClosedRange<Duration>]] = [:]
    let kept = strikes.sorted(by: goesBefore).filter { strike in
      guard let part = strike.part else { return true }
      let interval = strike.preparation...(strike.moment + strike.pause)
      if busy[part, default: []].contains(where: { $0.overlaps(interval) }) { return false }
      busy[part, default: []].append(interval)
      return true
    }
    return kept.sorted { $0.moment < $1.moment }
  }
}
