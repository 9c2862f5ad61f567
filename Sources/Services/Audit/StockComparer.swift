internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

/// Compares what Redis has of a cell's stock, sales and orders with a snapshot of the ledger.
/// Loop-confined.
struct StockComparer {
  /// Days whose popularity is compared; the buckets are kept for longer.
  static let popularDays = 3

  let cell: CellName
  let keys: CellKeys
  let client: RedisClient

  init(cell: CellName, client: RedisClient) {
    self.cell = cell
    keys = CellKeys(cell)
    self.client = client
  }

  func compare(
    in transaction: PostgresTransaction, _ comparison: inout StockComparison
  ) async throws(AuditError) {
    let snapshot = StockContents(transaction: transaction)
    var known: Set<[UInt8]> = []
    try await compareSales(snapshot, &known, &comparison)
    let accounts = try await compareAccounts(snapshot, &known, &comparison)
    let orders = OrderSnapshot(
      transaction: transaction, of: cell, scopes: Set(accounts.map(\.scope)),
      pageSize: Audit.pageSize)
    let limited = Set(accounts.lazy.filter { $0.perUserLimit > 0 }.map(\.name))
    try await compareBuyers(of: limited, orders, &comparison)
    try await compareHeldOrders(orders, limited, &comparison)
    try await compareAnswers(orders, &comparison)
    try await comparePopularity(orders, &comparison)
    try await findStrangers(known, &comparison)
  }

  // MARK: Sales and accounts

  private func compareSales(
    _ snapshot: StockContents, _ known: inout Set<[UInt8]>, _ comparison: inout StockComparison
  ) async throws(AuditError) {
    var after = Identifier(high: 0, low: 0)
    while true {
      let from = after
      let page = try await auditing { () async throws(PostgresError) in
        try await snapshot.sales(of: cell, after: from, limit: Audit.pageSize)
      }
      guard let last = page.last else { return }
      after = last.id
      for sale in page {
        let key = keys.sale(sale.scope)
        known.insert(key)
        let fields = ["version", "opens", "closes", "ready", "rate_limit"]
        let values = try await send(RedisCommand("HMGET", [key] + fields.map { Array($0.utf8) }))
        let policy = sale.terms.ratePolicy
        let isSame =
          values[0].integer == sale.version
          && values[1].integer == Int(sale.terms.opensAt.milliseconds)
          && values[2].integer == Int(sale.terms.closesAt.milliseconds)
          && values[3].text == (sale.isReady ? "1" : "0") && values[4].integer == policy?.limit
        comparison.terms.note(isSame, "sale \(sale.id)")
      }
    }
  }

  /// Returns all accounts of the cell.
  private func compareAccounts(
    _ snapshot: StockContents, _ known: inout Set<[UInt8]>, _ comparison: inout StockComparison
  ) async throws(AuditError) -> [StockAccount] {
    var accounts: [StockAccount] = []
    while true {
      let from = accounts.last
      let page = try await auditing { () async throws(PostgresError) in
        try await snapshot.accounts(of: cell, after: from, limit: Audit.pageSize)
      }
      if page.isEmpty { return accounts }
      accounts += page
      let readings = try await auditing { () async throws(RedisError) in
        try await StockReader.read(
          page.map { ($0.scope, $0.sku) }, keys: keys, client: client)
      }
      for (account, reading) in zip(page, readings.accounts) {
        known.insert(keys.stock(account.scope, account.sku))
        let name = "\(account.scope) \(account.sku)"
        comparison.sound.note(reading?.level.isSound ?? true, name)
        comparison.levels.note(
          reading?.level == account.level,
          "\(name) has \(reading.map { "\($0.level)" } ?? "nothing"), not \(account.level)")
        comparison.terms.note(
          reading?.terms == account.terms && reading?.version == account.version, name)
        if account.perUserLimit > 0 { known.insert(keys.bought(account.scope, account.sku)) }
      }
    }
  }

  private func compareBuyers(
    of accounts: Set<StockAccount.Name>, _ orders: OrderSnapshot,
    _ comparison: inout StockComparison
  ) async throws(AuditError) {
    if accounts.isEmpty { return }
    var counts: [StockAccount.Name: Int] = [:]
    let pages = orders.buyers(of: Set(accounts.map(\.sku)))
    while let page = try await next(of: pages) {
      for (account, buyers) in Dictionary(grouping: page, by: \.account)
      where accounts.contains(account) {
        counts[account, default: 0] += buyers.count
        let key = keys.bought(account.scope, account.sku)
        let values = try await send(
          RedisCommand("HMGET", [key] + buyers.map { Array($0.user.utf8) }))
        for (index, buyer) in buyers.enumerated() {
          comparison.bought.note(
            values[index].integer == buyer.quantity, "a buyer of \(account.scope) \(account.sku)")
        }
      }
    }
    for account in accounts {
      let key = keys.bought(account.scope, account.sku)
      let buyers = counts[account] ?? 0
      let inRedis = try await send(RedisCommand("HLEN", key)).integer ?? 0
      comparison.bought.note(
        inRedis == buyers,
        "\(account.scope) \(account.sku) has \(inRedis) buyers, not \(buyers)")
    }
  }

  // MARK: Orders

  private func compareHeldOrders(
    _ orders: OrderSnapshot, _ limited: Set<StockAccount.Name>,
    _ comparison: inout StockComparison
  ) async throws(AuditError) {
    var held = 0
    let pages = orders.heldOrders()
    while let page = try await next(of: pages) {
      held += page.count
      let values = try await send(
        RedisCommand(
          "HMGET", [keys.reserved] + page.map { Array(OrderKey(of: $0.id).description.utf8) }))
      for (index, order) in page.enumerated() {
        comparison.held.note(
          values[index].text
            == ReservationRecord.reserved(order) { limited.contains(order.account($0)) },
          "order \(order.id)")
      }
    }
    let inRedis = try await send(RedisCommand("HLEN", keys.reserved)).integer ?? 0
    comparison.held.note(inRedis == held, "\(inRedis) orders are held, not \(held)")
  }

  private func compareAnswers(
    _ orders: OrderSnapshot, _ comparison: inout StockComparison
  ) async throws(AuditError) {
    var counts: [Int: Int] = [:]
    let pages = orders.answeredOrders(days: CellKeys.answerDays)
    while let page = try await next(of: pages) {
      for (day, orders) in Dictionary(grouping: page, by: \.reservedAt.day) {
        let answered = orders.compactMap { order in order.key.map { (key: $0, order: order) } }
        counts[day, default: 0] += answered.count
        let values = try await send(
          RedisCommand(
            "HMGET", [keys.answers(day: day)] + answered.map { Array($0.key.description.utf8) }))
        for (index, (key, order)) in answered.enumerated() {
          comparison.answers.note(
            values[index].text == ReservationRecord.answer(order, to: key), "order \(order.id)")
        }
      }
    }
    let days = try await auditing { () async throws(PostgresError) in
      try await orders.lastDays(CellKeys.answerDays)
    }
    for day in days {
      let count = counts[day] ?? 0
      let inRedis = try await send(RedisCommand("HLEN", keys.answers(day: day))).integer ?? 0
      comparison.answers.note(
        inRedis == count, "\(inRedis) orders of day \(day) are answered, not \(count)")
    }
  }

  private func comparePopularity(
    _ orders: OrderSnapshot, _ comparison: inout StockComparison
  ) async throws(AuditError) {
    var counts: [OrderSnapshot.DayCount] = []
    let pages = orders.dayCounts(days: Self.popularDays)
    while let page = try await next(of: pages) { counts += page }
    let days = Dictionary(grouping: counts, by: \.day)
    for (day, counts) in days {
      let expected = Dictionary(
        uniqueKeysWithValues: counts.map { ($0.product.description, $0.quantity) })
      let reply = try await send(
        RedisCommand("ZRANGE", keys.popular(day: day), "0", "-1", "WITHSCORES"))
      let values = reply.array ?? []
      var found: [String: Int] = [:]
      for index in stride(from: 0, to: values.count - 1, by: 2) {
        if let product = values[index].text { found[product] = values[index + 1].integer }
      }
      for product in Set(expected.keys).union(found.keys) {
        comparison.popular.note(
          expected[product] == found[product],
          "product \(product) on day \(day): \(found[product] ?? 0), not \(expected[product] ?? 0)")
      }
    }
  }

  // MARK: Strangers

  /// Looks for keys of stock and sales that the ledger does not know.
  private func findStrangers(
    _ known: Set<[UInt8]>, _ comparison: inout StockComparison
  ) async throws(AuditError) {
    let prefixes = [keys.stockPrefixes.sales, keys.stockPrefixes.stock, keys.stockPrefixes.bought]
    let pattern = String(decoding: keys.all, as: UTF8.self) + "*"
    let server = client.runID
    var position = "0"
    repeat {
      let from = position
      let reply = try await send(
        RedisCommand("SCAN", from, "MATCH", pattern, "COUNT", Audit.pageSize))
      // A position means nothing to another server.
      guard client.runID == server else { throw .redis(.disconnected) }
      position = reply[0].text ?? "0"
      for name in (reply[1].array ?? []).compactMap(\.bytes)
      where prefixes.contains(where: { name.starts(with: $0) }) {
        comparison.strangers.note(
          known.contains(name), String(decoding: name.dropFirst(keys.all.count), as: UTF8.self))
      }
    } while position != "0"
  }

  private func next<Element>(
    of pages: LedgerPages<Element>
  ) async throws(AuditError) -> [Element]? {
    try await auditing { () async throws(PostgresError) in try await pages.next() }
  }

  private func send(_ command: RedisCommand) async throws(AuditError) -> RedisValue {
    try await auditing { () async throws(RedisError) in try await client.send(command) }
  }
}
