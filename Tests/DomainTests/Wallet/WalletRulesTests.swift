import Domain
import TestSupport
import Testing

@Suite struct WalletRulesTests {
  private static let now = Instant(milliseconds: 1_763_678_461_123)
  private let now = WalletRulesTests.now

  private func id(_ low: UInt64) -> Identifier { Identifier(high: 0, low: low) }

  @Test func `what expires first is spent first, and comes back last`() {
    var wallet = WalletRules()
    for days in [nil, 9, 3] as [Int?] {
      let isTaken = wallet.credit(
        100, expiresAt: days.map { now + .seconds($0 * 86_400) }, at: now)
      #expect(isTaken)
    }
    let draws = wallet.debit(250, for: id(1), at: now)
    #expect(
      draws == [
        .init(lot: 3, amount: 100), .init(lot: 2, amount: 100), .init(lot: 1, amount: 50),
      ])
    let isRestored = wallet.restore(60, of: id(1))
    #expect(isRestored && wallet.lots.map(\.remaining) == [100, 10, 0])
    let isTooMuch = !wallet.restore(191, of: id(1))
    let isRest = wallet.restore(190, of: id(1))
    #expect(isTooMuch && isRest && wallet.lots.map(\.remaining) == [100, 100, 100])
  }

  @Test func `what has expired is not spent`() {
    var wallet = WalletRules()
    _ = wallet.credit(100, expiresAt: now, at: now)
    _ = wallet.credit(40, expiresAt: now + .milliseconds(1), at: now)
    let tooMuch = wallet.debit(41, for: id(1), at: now)
    #expect(tooMuch == nil && wallet.balance == 40)
    let all = wallet.debit(40, for: id(2), at: now)
    #expect(all == [.init(lot: 2, amount: 40)] && wallet.balance == 0)
  }

  @Test func `what is held cannot be spent, and does not expire`() {
    var wallet = WalletRules()
    _ = wallet.credit(100, expiresAt: now + .seconds(1), at: now)
    let isHeld = wallet.place(id(1), 70, at: now)
    let tooMuch = wallet.debit(31, for: id(2), at: now)
    #expect(isHeld && tooMuch == nil && wallet.available == 30)
    let expired = wallet.expire(at: now + .seconds(2))
    #expect(expired == 30 && wallet.balance == 70)
    wallet.settle(id(1), 50)
    #expect(wallet.balance == 20 && wallet.held == 0 && wallet.drawn(for: id(1)) == 50)
  }

  @Test func `no wallet holds more than a number can say exactly`() {
    var wallet = WalletRules()
    let isTaken = wallet.credit(WalletLimits.balance, expiresAt: nil, at: now)
    let isRefused = !wallet.credit(1, expiresAt: nil, at: now)
    #expect(isTaken && isRefused && wallet.balance == WalletLimits.balance)
  }

  @Test func `random changes conserve what came in`() {
    var random = SeededGenerator()
    for _ in 0..<200 {
      var wallet = WalletRules()
      var (came, gone, expired) = (0, 0, 0)
      var now = Self.now
      var subjects: [Identifier] = []
      for step in 0..<100 {
        let amount = Int.random(in: 1...500, using: &random)
        now = now + .milliseconds(Int64.random(in: 0...50, using: &random))
        let before = wallet.balance
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1:
          let life = Int64.random(in: 0...1000, using: &random)
          let expiry = Bool.random(using: &random) ? nil : now + .milliseconds(life)
          let isTaken = wallet.credit(amount, expiresAt: expiry, at: now)
          if isTaken { came += amount }
          expired += before + (isTaken ? amount : 0) - wallet.balance
        case 2, 3:
          if let draws = wallet.debit(amount, for: id(UInt64(step)), at: now) {
            #expect(draws.reduce(0) { $0 + $1.amount } == amount)
            gone += amount
            expired += before - amount - wallet.balance
            subjects.append(id(UInt64(step)))
          } else {
            expired += before - wallet.balance
          }
        case 4:
          guard let subject = subjects.randomElement(using: &random) else { continue }
          let open = wallet.drawn(for: subject)
          let isRestored = wallet.restore(amount, of: subject)
          #expect(isRestored == (amount <= open))
          if isRestored { gone -= amount }
        case 5:
          _ = wallet.place(id(UInt64(1000 + step)), amount, at: now)
          expired += before - wallet.balance
        case 6:
          // Sorted, so that the seed determines which.
          guard let hold = wallet.holds.keys.sorted().randomElement(using: &random) else {
            continue
          }
          let part = Int.random(in: 0...wallet.holds[hold]!, using: &random)
          wallet.settle(hold, part)
          gone += part
        default: expired += wallet.expire(at: now)
        }
        #expect(wallet.balance == came - gone - expired, "seed \(random.seed)")
        #expect(wallet.held >= 0 && wallet.available >= 0, "seed \(random.seed)")
        #expect(wallet.lots.allSatisfy { (0...$0.amount).contains($0.remaining) })
      }
    }
  }
}
