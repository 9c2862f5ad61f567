import Domain
import Testing

@Suite struct ReserveRulesTests {
  private let account = ReserveRules.Account(scope: .open, sku: SKU("a")!)
  private let now = Instant(milliseconds: 1_763_678_461_123)

  private func terms(limit: Int = 0) -> StockTerms {
    StockTerms(
      product: "p", price: Money(amount: 5, currency: .won), perUserLimit: limit)
  }

  private func request(
    _ key: UInt64, _ quantity: Int, user: String = "ann", fingerprint: UInt64 = 1
  ) -> ReserveRules.Request {
    ReserveRules.Request(
      user: user, scope: .open, key: self.key(key),
      fingerprint: RequestDigest(high: 0, low: fingerprint),
      lines: [RequestedLine(sku: SKU("a")!, quantity: quantity)], life: .seconds(600))
  }

  private func key(_ low: UInt64) -> OrderKey { OrderKey(RequestDigest(high: 0, low: low)) }

  private func order(_ low: UInt64) -> Identifier { key(low).order(at: now) }

  @Test func `a key leads to its order for its user and request, and to nothing for others`() {
    var rules = ReserveRules()
    rules.put(terms(), received: 5, version: 1, to: account)
    guard case .granted(let reservation) = rules.reserve(request(1, 3), now: now) else {
      Issue.record("refused")
      return
    }
    #expect(
      rules.reserve(request(1, 3), now: now + .seconds(9)) == .replayed(reservation))
    #expect(rules.reserve(request(1, 3, fingerprint: 2), now: now) == .keyReused)
    #expect(rules.reserve(request(1, 3, user: "ben"), now: now) == .keyReused)
    #expect(rules.levels[account] == StockLevel(received: 5, reserved: 3))
  }

  @Test func `what is reserved is released or sold once`() {
    var rules = ReserveRules()
    rules.put(terms(limit: 4), received: 5, version: 1, to: account)
    #expect(
      rules.reserve(request(1, 3), now: now)
        == .granted(
          Reservation(
            order: order(1), deadline: now + .seconds(600), currency: .won,
            unitPrices: [5])))
    #expect(
      rules.reserve(request(2, 2), now: now) == .limitReached(line: 0, limit: 4, has: 3))
    let first = order(1)
    let released = rules.release(first)
    let again = rules.release(first)
    #expect(released && !again)
    #expect(rules.levels[account] == StockLevel(received: 5))
    _ = rules.reserve(request(3, 4), now: now)
    let sold = rules.commit(order(3))
    #expect(sold && rules.levels[account] == StockLevel(received: 5, sold: 4))
    #expect(rules.bought(of: account) == ["ann": 4] && rules.isSound)
    #expect(rules.popularity(on: now) == ["p": 4])
  }

  @Test func `what is not sold is as unknown as what never was, and what is held of it stays`() {
    var rules = ReserveRules()
    rules.put(terms(limit: 4), received: 5, version: 1, to: account)
    _ = rules.reserve(request(1, 3), now: now)
    var withdrawn = terms(limit: 4)
    withdrawn.isSold = false
    rules.put(withdrawn, received: 5, version: 2, to: account)
    #expect(withdrawn.cellLimit == StockTerms.notSold)
    #expect(rules.reserve(request(2, 1), now: now) == .unknownSKUs(lines: [0]))
    guard case .replayed = rules.reserve(request(1, 3), now: now) else {
      Issue.record("what was granted is not said again")
      return
    }
    rules.put(terms(limit: 4), received: 5, version: 3, to: account)
    #expect(
      rules.reserve(request(3, 2), now: now) == .limitReached(line: 0, limit: 4, has: 3))
    #expect(rules.levels[account] == StockLevel(received: 5, reserved: 3) && rules.isSound)
  }

  @Test func `a movement takes what is free, once`() {
    var rules = ReserveRules()
    rules.put(terms(), received: 5, version: 1, to: account)
    _ = rules.reserve(request(1, 2), now: now)
    let movement = Identifier(high: 9, low: 9)
    let first = rules.take(4, from: account, by: movement)
    let again = rules.take(1, from: account, by: movement)
    #expect(first == 3 && again == 3)
    #expect(
      rules.reserve(request(2, 1), now: now) == .short([Shortage(line: 0, available: 0)]))
    #expect(rules.isSound)
  }

  @Test func `lines of one SKU are summed where it comes first`() {
    let (a, b) = (SKU("a")!, SKU("b")!)
    let lines = [(a, 1), (b, 2), (a, 3)].map { RequestedLine(sku: $0.0, quantity: $0.1) }
    #expect(
      RequestedLine.summed(lines) == [
        RequestedLine(sku: a, quantity: 4), RequestedLine(sku: b, quantity: 2),
      ])
  }
}
