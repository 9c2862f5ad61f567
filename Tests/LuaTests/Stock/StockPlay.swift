import Domain
import Redis
import TestSupport

@testable import HotPath

/// One cell with its model beside it, and steps at random that both take.
final class StockPlay {
  typealias Account = ReserveRules.Account

  let bench: StockBench
  var random: SeededGenerator
  /// Orders, settlements, takes and puts so far.
  private(set) var operations = 0
  /// What was found to differ first.
  private(set) var breach: String?
  /// The kinds of decisions that came up.
  private(set) var kinds: Set<String> = []

  private var rules = ReserveRules()
  private var versions: [Account: Int] = [:]
  private var received: [Account: Int] = [:]
  private var sales: [HotSale] = []
  private var terms: [Identifier: (terms: SaleTerms, version: Int)] = [:]
  private var orders: [Identifier] = []
  private var scopes: [Identifier: StockScope] = [:]
  private var movements: [(id: Identifier, account: Account)] = []
  private var granted: [Account: Int] = [:]
  private var grantedOrders = 0
  private var lastNow = Instant(milliseconds: 0)

  private static let names = ["a", "b.1", "c-2", "d_3"]
  /// Never put into the cell.
  private static let unknownName = "none"

  init(bench: StockBench, random: SeededGenerator) {
    self.bench = bench
    self.random = random
  }

  /// Puts two sales, which have policies at times, one that has closed, and stock everywhere.
  func open() async throws {
    sales = [bench.sale()]
    for place in 0..<3 {
      let id = id()
      sales.append(bench.sale(.sale(id)))
      var sale = SaleTerms.open()
      if place == 2 { sale.closesAt = Instant(milliseconds: 1) }
      try await put(sale, of: sales[place + 1], isReady: true)
    }
    // One that the cell never hears of.
    sales.append(bench.sale(.sale(id())))
    for sale in sales.dropLast() {
      for name in Self.names { try await putStock(Account(scope: sale.scope, sku: SKU(name)!)) }
    }
  }

  /// Takes a random step in both, and compares.
  func step() async throws {
    switch number(0...99) {
    case 0..<66: try await reserve()
    case 66..<85: try await settle()
    case 85..<90: try await take()
    case 90..<96:
      if let account = versions.keys.sorted(by: before).random(&random) {
        try await putStock(account)
      }
    default: try await changeSale()
    }
    try await compareLevels()
  }

  private func before(_ a: Account, _ b: Account) -> Bool {
    ("\(a.scope)", "\(a.sku)") < ("\(b.scope)", "\(b.sku)")
  }

  // MARK: Steps

  private func reserve() async throws {
    var batch = number(0...3) == 0 ? crowd() : (0..<number(1...80)).map { _ in order() }
    // As the batch lays them out: by sale, in the order in which the sales come first.
    var seen: [ObjectIdentifier] = []
    for order in batch where !seen.contains(ObjectIdentifier(order.sale)) {
      seen.append(ObjectIdentifier(order.sale))
    }
    batch = seen.flatMap { sale in batch.filter { ObjectIdentifier($0.sale) == sale } }
    let (answered, reply) = try await bench.reserve(batch)
    guard let now = answered else { return fail("no decisions: \(reply)") }
    lastNow = now
    for order in batch {
      let lines = order.lines.map { RequestedLine(sku: $0.stock.sku, quantity: $0.quantity) }
      let expected = rules.reserve(
        .init(
          user: order.user, scope: order.sale.scope, key: order.key,
          fingerprint: order.fingerprint, lines: lines, terms: order.terms,
          life: .milliseconds(StockBench.life)), now: now)
      guard order.decision == expected else {
        return fail("\(lines) gave \(order.outcome as Any), not \(expected)")
      }
      operations += 1
      kinds.insert(String("\(expected)".prefix { $0 != "(" }))
      guard case .granted(let reservation) = expected else { continue }
      orders.append(reservation.order)
      scopes[reservation.order] = order.sale.scope
      grantedOrders += 1
      for line in lines {
        let account = Account(scope: order.sale.scope, sku: line.sku)
        granted[account, default: 0] += line.quantity
        guard rules.levels[account]!.isSound else { return fail("\(account) is unsound") }
      }
    }
  }

  /// Orders that all ask for the same, nearly always under keys of their own.
  private func crowd() -> [StockBench.Order] {
    let sale = sales[number(0...2)]
    let lines = (0..<(number(0...3) == 0 ? 2 : 1)).map { _ in
      (Self.names.random(&random)!, number(1...3))
    }
    var orders = (0..<number(1...80)).map { _ in
      bench.order(sale, "U\(number(0...60))", lines, key: random.next())
    }
    if number(0...5) == 0, let again = orders.random(&random) {
      orders.append(
        bench.order(
          sale, again.user, lines, key: again.key.first.low,
          fingerprint: UInt64(number(1...2))))
    }
    return orders
  }

  private func order() -> StockBench.Order {
    let sale = sales[number(0...99) < 90 ? number(0...2) : number(3...4)]
    let user = "U\(number(0...60))"
    let lines = (0..<(number(0...3) == 0 ? number(2...5) : 1)).map { _ in
      let name = number(0...40) == 0 ? Self.unknownName : Self.names.random(&random)!
      return (name, number(0...30) == 0 ? number(50...1000) : number(1...4))
    }
    // A few keys a user, so that many come again.
    let key = number(0...3) == 0 ? UInt64(user.dropFirst())! * 8 + UInt64(number(0...7)) : nil
    return bench.order(
      sale, user, lines, key: key ?? random.next(), fingerprint: number(0...9) == 0 ? 2 : 1,
      terms: number(0...1) == 0 ? OrderTermsWord.none : "t=\(number(0...9_999))|")
  }

  private func settle() async throws {
    var settled: [(StockBench.Action, Identifier)] = (0..<number(1...60)).map { _ in
      let order = number(0...30) == 0 ? id() : orders.suffix(400).random(&random) ?? id()
      return (number(0...2) == 0 ? .commit : .release, order)
    }
    if settled.count > 2 { settled.append(settled[0]) }
    let accounts = versions.keys.sorted(by: before)
    let reply = try await bench.settle(
      settled, in: scopes, accounts: accounts.map { ($0.scope, $0.sku.description) })
    for (place, (action, order)) in settled.enumerated() {
      let expected = action == .commit ? rules.commit(order) : rules.release(order)
      guard reply[place].integer == (expected ? 1 : 0) else {
        return fail("\(action) of \(order) gave \(reply[place]), not \(expected)")
      }
      operations += 1
    }
  }

  private func take() async throws {
    for _ in 0..<number(1...5) {
      var movement = (id: id(), account: versions.keys.sorted(by: before).random(&random)!)
      if number(0...3) == 0, let known = movements.random(&random) { movement = known }
      let wanted = number(1...60)
      let reply = try await bench.take(
        wanted, of: movement.account.sku.description, scope: movement.account.scope,
        movement: movement.id)
      let expected = rules.take(wanted, from: movement.account, by: movement.id)!
      movements.append(movement)
      guard reply.hasPrefix("T\(expected) ") else {
        return fail("a take gave \(reply), not \(expected)")
      }
      operations += 1
    }
  }

  private func putStock(_ account: Account) async throws {
    let isStale = number(0...4) == 0
    let version = isStale ? number(0...(versions[account] ?? 0)) : (versions[account] ?? 0) + 1
    let pieces = (received[account] ?? 0) + number(0...150)
    let terms = StockTerms(
      product: account.sku.description == "a" ? "alpha" : "other",
      price: Money(amount: number(0...9_999), currency: number(0...60) == 0 ? .dollar : .won),
      perUserLimit: number(0...2) == 0 ? 0 : number(1...40), isSold: number(0...9) > 0)
    let applied = try await bench.put(
      account.sku.description, pieces, scope: account.scope, price: terms.price.amount,
      currency: terms.price.currency, limit: terms.cellLimit, product: terms.product,
      version: version)
    let isNew = rules.put(terms, received: pieces, version: version, to: account)
    guard applied == (isNew ? 1 : 0) else { return fail("a put gave \(applied), not \(isNew)") }
    if isNew {
      versions[account] = version
      received[account] = pieces
    }
    operations += 1
  }

  private func changeSale() async throws {
    let sale = sales[number(1...2)]
    guard var terms = terms[sale.scope.sale!]?.terms else { return }
    terms.ratePolicy = nil
    if number(0...2) == 0 {
      // Whole milliseconds a request, so that nothing is rounded.
      let limit = number(1...50)
      terms.ratePolicy = RatePolicy(
        limit: limit, windowMilliseconds: limit * number(1...30), burst: number(1...limit),
        scope: number(0...1) == 0 ? .sale : .user)
    }
    try await put(terms, of: sale, isReady: number(0...9) > 0)
  }

  private func put(_ terms: SaleTerms, of sale: HotSale, isReady: Bool) async throws {
    let id = sale.scope.sale!
    let version = (self.terms[id]?.version ?? 0) + 1
    self.terms[id] = (terms, version)
    let applied = try await bench.put(sale: id, terms, isReady: isReady, version: version)
    let isNew = rules.put(terms, isReady: isReady, version: version, of: id)
    guard applied == (isNew ? 1 : 0) else { return fail("a sale gave \(applied)") }
    sale.change(ratePolicy: terms.ratePolicy)
    operations += 1
  }

  // MARK: Comparing

  private func compareLevels() async throws {
    guard breach == nil else { return }
    let accounts = Array(versions.keys)
    let readings = try await StockReader.read(
      accounts.map { ($0.scope, $0.sku) }, keys: bench.keys, client: bench.client)
    let levels = rules.levels
    for (account, reading) in zip(accounts, readings.accounts) {
      guard let reading, reading.level == levels[account], reading.level.isSound else {
        return fail("\(account) has \(reading as Any), not \(levels[account] as Any)")
      }
    }
    guard rules.isSound else { return fail("the rules lost pieces") }
  }

  /// Compares what is too much to be compared after each step.
  func compareAll() async throws {
    let reserved = try await bench.fields(bench.keys.reserved)
    guard Set(reserved.keys) == Set(rules.reservedOrders.map { OrderKey(of: $0).description })
    else {
      return fail("\(reserved.count) orders are reserved, not \(rules.reservedOrders.count)")
    }
    for account in versions.keys {
      let bought = try await bench.fields(bench.keys.bought(account.scope, account.sku))
      guard bought == rules.bought(of: account).mapValues(String.init) else {
        return fail("\(account) was bought by \(bought), not \(rules.bought(of: account))")
      }
    }
    let day = Int(lastNow.milliseconds / 86_400_000)
    let popular = try await bench.fields(bench.keys.popular(day: day), sorted: true)
    guard popular == rules.popularity(on: lastNow).mapValues(String.init) else {
      return fail("popular are \(popular), not \(rules.popularity(on: lastNow))")
    }
    try await compareFacts()
  }

  private func compareFacts() async throws {
    var pieces: [Account: Int] = [:]
    var names: Set<Identifier> = []
    for payload in try await bench.facts(StockReservedFact.kind) {
      let isWhole = payload.withUnsafeBytes { bytes in
        StockReservedFact.read(bytes) { order in
          names.insert(order.order)
          for line in order.lines {
            pieces[Account(scope: order.scope, sku: SKU(bytes: line.sku)!), default: 0] +=
              line.quantity
          }
        }
      }
      guard isWhole else { return fail("a fact is malformed") }
    }
    guard pieces == granted, names.count == grantedOrders else {
      return fail("facts tell of \(pieces) in \(names.count) orders, not \(granted)")
    }
    let taken = try await bench.facts(StockTakenFact.kind).count
    guard taken == Set(movements.map(\.id)).count else { return fail("\(taken) takes") }
  }

  // MARK: Helpers

  private func fail(_ text: String) { breach = breach ?? text }

  private func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  private func id() -> Identifier {
    Identifier(at: Instant(milliseconds: 1_700_000_000_000), using: &random)
  }
}

extension Collection {
  fileprivate func random(_ generator: inout SeededGenerator) -> Element? {
    randomElement(using: &generator)
  }
}
