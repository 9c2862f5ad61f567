import EventLoop
import Testing

@testable import spillway_loadtest

@Suite struct RoundPlanTests {
  private func plans(_ seed: UInt64, rounds: Int = 60) throws -> [RoundPlan] {
    let options = try ChaosOptions(["--processes", "3"])
    return (1...rounds).map { RoundPlan(number: $0, seed: seed, options: options) }
  }

  @Test func `a plan follows from the seed alone`() throws {
    #expect(try plans(7) == plans(7))
    #expect(try plans(7) != plans(8))
  }

  @Test func `no round goes on with the numbers of another one`() {
    var seen: Set<UInt64> = []
    for round in 1...100 {
      var numbers = SeededNumbers(seed: 7, part: round)
      for _ in 0..<100 { #expect(seen.insert(numbers.next()).inserted) }
    }
  }

  @Test func `every third round wipes Redis, and every second of these is measured`() throws {
    for plan in try plans(1) {
      #expect(plan.hasWipe == (plan.number % 3 == 0))
      #expect(plan.measuresReopening == (plan.number % 6 == 3))
    }
  }

  @Test func `a measured wipe is not held up by other strikes`() throws {
    for plan in try plans(2) where plan.measuresReopening {
      for strike in plan.strikes {
        switch strike.kind {
        case .flush, .kill(.api): break
        default: Issue.record("\(strike) beside a measured wipe")
        }
      }
    }
  }

  @Test func `every part is struck, within the round and never while it is down`() throws {
    for plan in try plans(3) where !plan.hasWipe {
      let parts = Set(plan.strikes.compactMap(\.part))
      #expect(parts.isSuperset(of: [.redis, .postgres]))
      var busyUntil: [ChaosPart: Duration] = [:]
      for strike in plan.strikes {
        #expect(strike.moment > .zero && strike.moment < plan.length)
        if strike.link != nil { continue }
        let part = try #require(strike.part)
        if let until = busyUntil[part] { #expect(strike.moment > until) }
        busyUntil[part] = strike.moment + strike.pause
      }
    }
  }

  @Test func `lines are struck, each once a round, and in time all kinds of faults happen`() throws
  {
    var seen: Set<String> = []
    for plan in try plans(6, rounds: 200) {
      let links = plan.strikes.compactMap(\.link)
      #expect(Set(links).count == links.count)
      #expect(plan.measuresReopening == links.isEmpty)
      for strike in plan.strikes {
        switch strike.kind {
        case .cut: seen.insert("cut")
        case .sever: seen.insert("sever")
        case .delay: seen.insert("delay")
        case .fillDisk(let server): seen.insert("disk of \(server)")
        case .promote: seen.insert("promote")
        case .stepClock(_, let step): seen.insert(step > .zero ? "clock forth" : "clock back")
        case .kill, .freeze, .restart, .flush, .rollBack, .losePower, .failOver: break
        }
      }
    }
    #expect(
      seen == [
        "cut", "sever", "delay", "disk of redis", "disk of postgres", "promote", "clock forth",
        "clock back",
      ])
  }

  @Test func `with everysec Redis loses its power where it is killed or its disk is full`() throws {
    let usual = try ChaosOptions([])
    let options = try ChaosOptions(["--fsync", "everysec"])
    #expect(usual.fsync == .always && options.fsync == .everySecond)
    #expect(throws: UsageError.self) { try ChaosOptions(["--fsync", "no"]) }
    var losses = 0
    for number in 1...60 {
      for strike in RoundPlan(number: number, seed: 7, options: options).strikes {
        switch strike.kind {
        case .kill(.redis), .fillDisk(.redis): Issue.record("\(strike) with everysec")
        case .losePower(let lost):
          losses += 1
          #expect(lost < .seconds(1) && strike.part == .redis)
          #expect(strike.preparation == max(.zero, strike.moment - lost))
        default: break
        }
      }
      for strike in RoundPlan(number: number, seed: 7, options: usual).strikes {
        if case .losePower = strike.kind { Issue.record("\(strike) with always") }
      }
    }
    #expect(losses > 20)
  }

  @Test func `a replica takes over only where there are some, and then none that lags`() throws {
    let options = try ChaosOptions(["--replica-acks", "1"])
    #expect(options.replicas == 1)
    var plain: [Strike.Kind] = []
    var replicated: [Strike.Kind] = []
    for number in 1...200 {
      plain += RoundPlan(number: number, seed: 7, options: try ChaosOptions([])).strikes.map(\.kind)
      replicated += RoundPlan(number: number, seed: 7, options: options).strikes.map(\.kind)
    }
    #expect(plain.contains(.promote) && !plain.contains(.failOver))
    #expect(!replicated.contains(.promote) && replicated.count { $0 == .failOver } > 10)
    #expect(replicated.contains(.kill(.redis)) && replicated.contains(.flush))
    #expect(!Strike.Kind.failOver.isWipe)
  }

  @Test func `what is recalled is so in the middle of a round, and in a shop alone`() throws {
    let shop = try ChaosOptions(["--scenario", "shop"])
    for number in 1...20 {
      let plan = RoundPlan(number: number, seed: 7, options: shop)
      #expect(plan.recalls.count == plan.sales.count)
      #expect(plan.recalls.allSatisfy { $0 > .zero && $0 < plan.length })
    }
    #expect(try plans(7, rounds: 3).allSatisfy(\.recalls.isEmpty))
  }

  @Test func `each round has both acknowledgements, scarce and plentiful`() throws {
    for plan in try plans(4) {
      for acknowledgement in [CampaignPlan.Acknowledgement.hot, .ledger] {
        let campaigns = plan.campaigns.filter { $0.acknowledgement == acknowledgement }
        #expect(campaigns.contains { $0.quantity < $0.users })
        #expect(campaigns.contains { $0.quantity > $0.users * $0.perUserLimit })
      }
    }
  }

  @Test func `each round has sales with both acknowledgements, scarce and plentiful`() throws {
    for plan in try plans(5) {
      #expect(Set(plan.sales.map(\.acknowledgement)) == [.hot, .ledger])
      #expect(plan.sales.contains { $0.pieces.reduce(0, +) < $0.users })
      #expect(plan.sales.contains { $0.pieces.reduce(0, +) > $0.users })
      #expect(plan.sales.contains { $0.hasOwnCell })
    }
  }

  @Test func `crowds are chosen, and strikes do not depend on them`() throws {
    func plan(_ words: [String]) throws -> RoundPlan {
      RoundPlan(number: 1, seed: 9, options: try ChaosOptions(words))
    }
    let claims = try plan(["--scenario", "claim"])
    let orders = try plan(["--scenario", "order"])
    let both = try plan([])
    #expect(claims.sales.isEmpty && orders.campaigns.isEmpty)
    #expect(both.campaigns == claims.campaigns && both.sales == orders.sales)
    #expect(claims.strikes == orders.strikes)
  }

  @Test func `a flash sale has as many buyers and pieces as asked for`() throws {
    let options = try ChaosOptions(["--buyers", "50000", "--pieces", "1000"])
    let sales = RoundPlan(number: 1, seed: 9, options: options).sales
    #expect(sales.map(\.users) == [50_000])
    #expect(sales[0].pieces == [334, 333, 333])
  }

  @Test func `bad options are refused`() {
    for words in [
      ["--seed", "x"], ["--rounds", "0"], ["--processes", "-1"], ["--seconds", "0.1"], ["word"],
      ["--scenario", "x"], ["--buyers", "0"], ["--pieces", "10"],
      ["--breach", "x"],
    ] {
      #expect(throws: UsageError.self) { try ChaosOptions(words) }
    }
  }
}
