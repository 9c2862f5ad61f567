import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Random credits, debits, returns, holds and expiries of several wallets, against ``WalletRules``.
@Suite struct WalletRandomTests {
  static let steps = 600
  static let now = Instant(seconds: 2_000_000_000)
  static let users = ["ann", "ben", "cat"]

  @Test func `wallets change as the rules in Swift change them`() async throws {
    try await StockBench.run { bench in
      var play = WalletPlay(bench: bench, random: SeededGenerator())
      for _ in 0..<Self.steps {
        try await play.step()
        if play.breach != nil { break }
      }
      #expect(play.breach == nil, "seed \(play.random.seed)")
      #expect(try await bench.moneyFaults() == [], "seed \(play.random.seed)")
      #expect(play.kinds.count == 8, "seed \(play.random.seed)")
    }
  }
}

/// Does the same to the ledger and to the rules.
private struct WalletPlay {
  let bench: StockBench
  var random: SeededGenerator
  var rules = [String: WalletRules](
    uniqueKeysWithValues: WalletRandomTests.users.map { ($0, WalletRules()) })
  var subjects: [(user: String, id: Identifier)] = []
  var breach: String?
  var kinds: Set<String> = []
  private var number: UInt64 = 0

  init(bench: StockBench, random: SeededGenerator) {
    self.bench = bench
    self.random = random
  }

  private mutating func nextID() -> Identifier {
    number += 1
    return Identifier(at: WalletRandomTests.now, counter: 0, random: number)
  }

  mutating func step() async throws {
    let user = WalletRandomTests.users.randomElement(using: &random)!
    switch Int.random(in: 0..<9, using: &random) {
    case 0, 1: try await credit(user)
    case 2, 3, 4: try await debit(user)
    case 5: try await restore()
    case 6: try await place(user)
    case 7: try await settle()
    default: try await expire()
    }
    for user in WalletRandomTests.users where breach == nil {
      let balance = try await bench.wallets.balances(of: UserID(user)!, tenant: bench.tenant).first
      check((balance?.balance ?? 0), rules[user]!.balance, "balance of \(user)")
      check((balance?.held ?? 0), rules[user]!.held, "held of \(user)")
      check(try await left(of: user), rules[user]!.lots.map(\.remaining), "lots of \(user)")
    }
  }

  /// What is left of a user's lots, in the order in which they came.
  private func left(of user: String) async throws -> [Int] {
    let rows = try await bench.pool.query(
      """
      select l.remaining from spillway.wallet_lots l
        join spillway.wallet_accounts a using (tenant_id, account_id)
       where a.owner = $1 and a.role = 'user' order by l.lot_id
      """, [.text(user)])
    return try rows.map { try $0.decode(0) }
  }

  private mutating func check<Value: Equatable>(_ is_: Value, _ wanted: Value, _ what: String) {
    if is_ != wanted, breach == nil { breach = "\(what): \(is_) instead of \(wanted)" }
  }

  private mutating func amount() -> Int { Int.random(in: 1...300, using: &random) }

  private mutating func credit(_ user: String) async throws {
    kinds.insert("credit")
    let expiry: Instant? =
      switch Int.random(in: 0..<3, using: &random) {
      case 0: nil
      case 1: .longAgo + .seconds(Int64.random(in: 0...5, using: &random))
      default: .farAhead + .seconds(Int64.random(in: 0...5, using: &random))
      }
    let amount = amount()
    let posting = bench.posting(amount, user: user, id: nextID(), expiresAt: expiry)
    let outcome = try await bench.wallets.credit([posting])[0]
    _ = rules[user]!.credit(amount, expiresAt: expiry, at: WalletRandomTests.now)
    check(outcome, .done(posting.id, balance: rules[user]!.balance), "credit")
  }

  /// Several in one set.
  private mutating func debit(_ user: String) async throws {
    var postings: [WalletPosting] = []
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      postings.append(
        bench.posting(
          amount(), user: Bool.random(using: &random) ? user : "ann", id: nextID(),
          counterparty: .revenue))
    }
    let outcomes = try await bench.wallets.debit(postings)
    for (posting, outcome) in zip(postings, outcomes) {
      let name = posting.user.description
      let draws = rules[name]!.debit(posting.amount, for: posting.id, at: WalletRandomTests.now)
      if draws != nil {
        kinds.insert("debit")
        subjects.append((name, posting.id))
        check(outcome, .done(posting.id, balance: rules[name]!.balance), "debit")
      } else {
        kinds.insert("short")
        check(outcome, .short(available: rules[name]!.available), "debit")
      }
    }
  }

  private mutating func restore() async throws {
    guard let subject = subjects.randomElement(using: &random) else { return }
    let amount = amount()
    let isPossible = rules[subject.user]!.restore(amount, of: subject.id)
    kinds.insert(isPossible ? "restore" : "too much")
    do throws(PostgresError) {
      let balance = try await bench.wallets.restore(
        amount, of: subject.id, tenant: bench.tenant, from: .revenue, as: nextID(),
        reason: "returned", reference: nil, actor: "clerk")
      check(isPossible, true, "restore of \(amount)")
      check(balance, rules[subject.user]!.balance, "restore")
    } catch {
      check(isPossible, false, "restore of \(amount): \(error)")
    }
  }

  private mutating func place(_ user: String) async throws {
    kinds.insert("place")
    let hold = WalletStore.Hold(
      id: nextID(), user: UserID(user)!, unit: .currency(.won), amount: amount(), reason: "trip",
      actor: "clerk")
    let placed = try await bench.wallets.place(hold, tenant: bench.tenant)
    let isPlaced = rules[user]!.place(hold.id, hold.amount, at: WalletRandomTests.now)
    check(placed.outcome, isPlaced ? .placed : .short, "hold")
    check(placed.available, rules[user]!.available, "free behind a hold")
  }

  private mutating func settle() async throws {
    let user = WalletRandomTests.users.randomElement(using: &random)!
    guard let hold = rules[user]!.holds.keys.sorted().randomElement(using: &random) else { return }
    kinds.insert("settle")
    let part = Int.random(in: 0...rules[user]!.holds[hold]!, using: &random)
    rules[user]!.settle(hold, part)
    let settled =
      part == 0
      ? try await bench.wallets.release(hold, tenant: bench.tenant, by: .init("clerk"))
      : try await bench.wallets.capture(
        part, of: hold, tenant: bench.tenant, to: .revenue, as: nextID(), by: .init("clerk"))
    check(settled.outcome, .settled, "settlement")
    if part > 0 { subjects.append((user, hold)) }
  }

  private mutating func expire() async throws {
    kinds.insert("expire")
    while try await bench.wallets.expireLots(limit: 2) > 0 {}
    for user in WalletRandomTests.users { rules[user]!.expire(at: WalletRandomTests.now) }
  }
}
