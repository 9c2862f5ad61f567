import Domain
import TestSupport
import Testing

@Suite struct RefundRulesTests {
  private static let now = Instant(seconds: 1_000_000)

  private static func rules(
    _ lines: [RefundRules.Line], paid: Int, refunded: Int = 0, status: OrderStatus = .paid,
    until: Instant? = nil, selfService: SelfServiceRefunds = .amounts
  ) -> RefundRules {
    RefundRules(
      machine: OrderMachine(status: status, reservedUntil: now), lines: lines, paid: paid,
      refunded: refunded, returnableUntil: until, selfService: selfService)
  }

  private static func line(
    _ sku: String, _ quantity: Int, paid: Int, returned: Int = 0
  ) -> RefundRules.Line {
    RefundRules.Line(sku: SKU(sku)!, quantity: quantity, returned: returned, paid: paid)
  }

  private static func wish(_ lines: [(String, Int)]) -> RefundWish {
    .lines(lines.map { RequestedLine(sku: SKU($0.0)!, quantity: $0.1) })
  }

  @Test func `pieces of a line give back their parts, which add up to it`() throws {
    var line = Self.line("a", 3, paid: 1000)
    var parts: [Int] = []
    for returned in 0..<3 {
      line = Self.line("a", 3, paid: 1000, returned: returned)
      let plan = try Self.rules(
        [line], paid: 1000, refunded: parts.reduce(0, +), status: .fulfilled
      )
      .plan(Self.wish([("a", 1)]), by: .withinPolicy, at: Self.now)
      parts.append(plan.amount)
      #expect(plan.isComplete == (returned == 2))
    }
    #expect(parts == [333, 333, 334])
  }

  @Test func `shipping goes back with the last piece of what was not shipped`() throws {
    let lines = [Self.line("a", 1, paid: 500), Self.line("b", 1, paid: 300)]
    let both = Self.wish([("a", 1), ("b", 1)])
    let paid = try Self.rules(lines, paid: 900).plan(both, by: .withinPolicy, at: Self.now)
    #expect(paid.amount == 900 && paid.isComplete)
    let shipped = try Self.rules(lines, paid: 900, status: .fulfilled)
      .plan(both, by: .withinPolicy, at: Self.now)
    #expect(shipped.amount == 800 && !shipped.isComplete)
    let one = try Self.rules(lines, paid: 900)
      .plan(Self.wish([("b", 1)]), by: .withinPolicy, at: Self.now)
    #expect(one.amount == 300 && !one.isComplete)
  }

  @Test func `no piece that was not shipped is left behind when the money is all back`() throws {
    let lines = [Self.line("a", 1, paid: 1000), Self.line("b", 2, paid: 500)]
    let rest = try Self.rules(lines, paid: 1500, refunded: 500)
      .plan(Self.wish([("a", 1)]), by: .withinPolicy, at: Self.now)
    #expect(rest.amount == 1000 && rest.isComplete && rest.lines.map(\.quantity) == [1, 2])
    let gift = [Self.line("a", 1, paid: 1000), Self.line("b", 1, paid: 0)]
    let paid = try Self.rules(gift, paid: 1000)
      .plan(Self.wish([("a", 1)]), by: .withinPolicy, at: Self.now)
    #expect(paid.isComplete && paid.lines.map(\.sku.description) == ["a", "b"])
    // Of what was shipped that alone comes back which was named.
    let shipped = try Self.rules(gift, paid: 1000, status: .fulfilled)
      .plan(Self.wish([("a", 1)]), by: .withinPolicy, at: Self.now)
    #expect(shipped.isComplete && shipped.lines.map(\.sku.description) == ["a"])
  }

  @Test func `each refusal says what is wrong`() {
    let lines = [
      Self.line("a", 2, paid: 500, returned: 1), Self.line("b", 1, paid: 300),
      Self.line("c", 1, paid: 0),
    ]
    let late = Self.now - .seconds(1)
    let cases: [(RefundRules, RefundWish, RefundRefusal)] = [
      (Self.rules(lines, paid: 800, refunded: 250), .amount(551), .tooMuch(left: 550)),
      (Self.rules(lines, paid: 800), .amount(0), .tooMuch(left: 800)),
      (Self.rules(lines, paid: 800), Self.wish([("b", 1), ("x", 1)]), .unknownSKU(line: 1)),
      (Self.rules(lines, paid: 800), Self.wish([("a", 2)]), .tooMany(line: 0, left: 1)),
      (
        Self.rules(lines, paid: 800, refunded: 600), Self.wish([("b", 1)]),
        .worthMore(300, left: 200)
      ),
      (Self.rules(lines, paid: 800, until: late), .everything, .late(late)),
      (Self.rules(lines, paid: 800, status: .pending), .everything, .status(.pending)),
      (Self.rules(lines, paid: 800, status: .cancelled), .amount(1), .status(.cancelled)),
      (Self.rules(lines, paid: 800, status: .refunded), .amount(1), .status(.refunded)),
    ]
    for (rules, wish, refusal) in cases {
      #expect(throws: refusal) { try rules.plan(wish, by: .withinPolicy, at: Self.now) }
    }
  }

  @Test func `who may go beyond the policy is not bound by days, but by what was paid`() throws {
    let lines = [Self.line("a", 1, paid: 500)]
    let rules = Self.rules(lines, paid: 500, until: Self.now - .seconds(1))
    #expect(try rules.plan(.everything, by: .beyondPolicy, at: Self.now).amount == 500)
    #expect(throws: RefundRefusal.tooMuch(left: 500)) {
      try rules.plan(.amount(501), by: .beyondPolicy, at: Self.now)
    }
    let inTime = Self.rules(lines, paid: 500, until: Self.now)
    #expect(try inTime.plan(.everything, by: .withinPolicy, at: Self.now).isComplete)
  }

  @Test func `its owner has back what the policy says, and of what was shipped within the days`() {
    let wishes: [RefundWish] = [.everything, Self.wish([("a", 1)]), .amount(1)]
    for status in [OrderStatus.paid, .fulfilled] {
      for policy in SelfServiceRefunds.allCases {
        for until in [nil, Self.now, Self.now - .seconds(1)] {
          for (place, wish) in wishes.enumerated() {
            let rules = Self.rules(
              [Self.line("a", 2, paid: 500)], paid: 500, status: status, until: until,
              selfService: policy)
            let granted = policy == .amounts ? 3 : policy == .lines ? 2 : 0
            let refusal: RefundRefusal? =
              place >= granted
              ? .policy(policy)
              : status == .fulfilled && until == nil
                ? .shipped : until.flatMap { $0 < Self.now ? .late($0) : nil }
            let result = Result { () throws(RefundRefusal) in
              try rules.plan(wish, by: .owner, at: Self.now)
            }
            switch result {
            case .success: #expect(refusal == nil, "\(status) \(policy) \(wish)")
            case .failure(let error): #expect(error == refusal, "\(status) \(policy) \(wish)")
            }
          }
        }
      }
    }
  }

  @Test func `who works for the shop is not bound by what customers may do themselves`() throws {
    for status in [OrderStatus.paid, .fulfilled] {
      let rules = Self.rules(
        [Self.line("a", 1, paid: 500)], paid: 500, status: status, selfService: .none)
      for authority in [RefundAuthority.withinPolicy, .beyondPolicy] {
        #expect(try rules.plan(.amount(1), by: authority, at: Self.now).amount == 1)
        #expect(try rules.plan(.everything, by: authority, at: Self.now).amount == 500)
      }
    }
  }

  @Test func `an order that cost nothing is undone with its last piece`() throws {
    let free = [Self.line("a", 2, paid: 0)]
    let one = try Self.rules(free, paid: 0)
      .plan(Self.wish([("a", 1)]), by: .withinPolicy, at: Self.now)
    #expect(one.amount == 0 && !one.isComplete)
    let all = try Self.rules(free, paid: 0).plan(.everything, by: .withinPolicy, at: Self.now)
    #expect(all.amount == 0 && all.isComplete && all.lines.map(\.quantity) == [2])
  }

  /// Random orders under random terms, given back in random portions until nothing is left: money and
  /// pieces never exceed what was, and end at exactly it.
  @Test func `whatever goes back in whatever portions adds up to what was paid`() throws {
    var random = SeededGenerator()
    for _ in 0..<3_000 {
      var scene = RefundScene(random: &random)
      while scene.status == .paid || scene.status == .fulfilled {
        try scene.step(&random)
        #expect(scene.refunded <= scene.paid)
      }
      #expect(scene.refunded == scene.paid)
    }
  }
}

/// A paid order that goes back bit by bit.
private struct RefundScene {
  private(set) var status = OrderStatus.paid
  private(set) var refunded = 0
  let paid: Int
  private var lines: [RefundRules.Line]

  init(random: inout SeededGenerator) {
    let priced = (0..<Int.random(in: 1...4, using: &random)).map { _ in
      PricedLine(
        quantity: .random(in: 1...5, using: &random),
        unitPrice: Bool.random(using: &random) ? .random(in: 0...9, using: &random) : 12_345)
    }
    var terms = OrderTerms(
      tax: Bool.random(using: &random)
        ? TaxRule(basisPoints: .random(in: 1...2500, using: &random), isIncluded: false) : nil,
      shipping: Bool.random(using: &random)
        ? ShippingRule(fee: 300, freeFrom: nil, currency: .won) : nil)
    if Bool.random(using: &random) {
      let coupon = Identifier(high: 0x7000, low: 1 << 63)
      terms = terms.with(
        CouponTerms(
          coupon: coupon, campaign: coupon,
          discount: .rate(
            basisPoints: .random(in: 1...10_000, using: &random), maximum: nil, currency: nil)),
        for: .won, rounding: .halfUp)
    }
    let totals = OrderTotals(priced, currency: .won, terms: terms)!
    let shares = OrderShares(totals, of: priced, terms: terms)!
    paid = totals.total
    lines = priced.enumerated().map { place, line in
      RefundRules.Line(
        sku: SKU("s\(place)")!, quantity: line.quantity, returned: 0, paid: shares.paid[place])
    }
  }

  mutating func step(_ random: inout SeededGenerator) throws {
    let now = Instant(seconds: 0)
    let machine = OrderMachine(status: status, reservedUntil: now)
    let rules = RefundRules(
      machine: machine, lines: lines, paid: paid, refunded: refunded, returnableUntil: nil,
      selfService: .none)
    let wish: RefundWish
    switch Int.random(in: 0..<10, using: &random) {
    case 0: wish = .everything
    case 1: wish = .amount(.random(in: 1...20_000, using: &random))
    case 2:
      if status == .paid { status = .fulfilled }
      return
    default:
      let line = lines.randomElement(using: &random)!
      wish = .lines([
        RequestedLine(sku: line.sku, quantity: .random(in: 1...line.quantity, using: &random))
      ])
    }
    let plan: RefundPlan
    do throws(RefundRefusal) {
      plan = try rules.plan(wish, by: .withinPolicy, at: now)
    } catch {
      switch error {
      case .tooMuch(let left): #expect(left == paid - refunded)
      case .tooMany, .worthMore: break
      default: Issue.record("\(error)")
      }
      return
    }
    #expect(plan.amount >= 0)
    refunded += plan.amount
    for back in plan.lines {
      let place = lines.firstIndex { $0.sku == back.sku }!
      let line = lines[place]
      // Traps when more comes back than there is.
      lines[place] = RefundRules.Line(
        sku: line.sku, quantity: line.quantity, returned: line.returned + back.quantity,
        paid: line.paid)
    }
    #expect(plan.isComplete == (refunded == paid) || paid == 0)
    if plan.isComplete {
      // What was not shipped is all here again.
      #expect(status == .fulfilled || lines.allSatisfy { $0.returned == $0.quantity })
      status = .refunded
    }
  }
}
