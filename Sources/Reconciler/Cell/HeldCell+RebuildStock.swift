internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

/// Bounds how many rebuilds read a snapshot at once: each holds a connection of the pool for as long, and
/// needs another to show signs of life. Loop-confined.
final class SnapshotGate {
  private var free: Int

  init(places: Int = 2) { free = places }

  func enter() -> Bool {
    guard free > 0 else { return false }
    free -= 1
    return true
  }

  func leave() { free += 1 }
}

extension HeldCell {
  /// Loads stock, sales, and what orders hold from one snapshot of the ledger.
  ///
  /// One snapshot, because orders may be cancelled or paid meanwhile: an order's record and the count of
  /// what is reserved must be of one moment, or its command would count for nothing or twice.
  func rebuildStock(
    _ closing: Closing, _ loaded: inout RebuiltContents
  ) async throws(ReconcilerError) {
    while !gate.enter() {
      await redis.loop.sleep(for: limits.retryInterval)
      try checkHeld()
    }
    defer { gate.leave() }
    var counts = RebuiltContents()
    do {
      try await pool.transaction(.snapshot) { transaction in
        let snapshot = StockContents(transaction: transaction)
        counts.sales = try await loadSales(snapshot, closing)
        counts.accounts = try await loadAccounts(snapshot, closing)
        counts.orders = try await loadHeldOrders(snapshot, closing)
        counts.records = try await loadAnswers(snapshot, closing)
        try await loadPopularity(snapshot, closing)
      }
    } catch let error as ReconcilerError {
      throw error
    } catch let error as PostgresError {
      throw ReconcilerError(ledger: error)
    } catch {
      preconditionFailure("a transaction ends with an error of its body or of Postgres")
    }
    loaded.sales += counts.sales
    loaded.accounts += counts.accounts
    loaded.orders += counts.orders
    loaded.records += counts.records
  }

  // MARK: Sales and accounts

  private func loadSales(
    _ snapshot: StockContents, _ closing: Closing
  ) async throws(ReconcilerError) -> Int {
    var loaded = 0
    var after = Identifier(high: 0, low: 0)
    while true {
      let from = after
      let page = try await ledger { () async throws(PostgresError) in
        try await snapshot.sales(of: cell, after: from, limit: limits.campaignsPerPage)
      }
      guard let last = page.last else { return loaded }
      after = last.id
      loaded += page.count
      for sale in page {
        var fields: [any RedisArgument] = [
          "version", sale.version, "id", sale.id.description, "opens",
          Int(sale.terms.opensAt.milliseconds), "closes", Int(sale.terms.closesAt.milliseconds),
          "ready", sale.isReady ? "1" : "0",
        ]
        if let policy = sale.terms.ratePolicy {
          fields += [
            "rate_limit", policy.limit, "rate_window", policy.windowMilliseconds, "rate_burst",
            policy.burst, "rate_scope", policy.scope.rawValue,
          ]
        }
        try await loadHash(keys.sale(sale.scope), fields, closing)
      }
    }
  }

  private func loadAccounts(
    _ snapshot: StockContents, _ closing: Closing
  ) async throws(ReconcilerError) -> Int {
    var loaded = 0
    var after: StockAccount?
    while true {
      let from = after
      let page = try await ledger { () async throws(PostgresError) in
        try await snapshot.accounts(of: cell, after: from, limit: limits.accountsPerPage)
      }
      guard let last = page.last else { return loaded }
      after = last
      loaded += page.count
      for account in page {
        try await loadHash(
          keys.stock(account.scope, account.sku),
          [
            "version", account.version, "sku", account.sku.description, "product",
            account.product.description, "received", account.level.received, "taken",
            account.level.taken, "reserved", account.level.reserved, "sold", account.level.sold,
            "price", account.price.amount, "currency", account.price.currency.rawValue, "limit",
            account.terms.cellLimit,
          ], closing)
        if account.perUserLimit > 0 { try await loadBuyers(of: account, snapshot, closing) }
      }
    }
  }

  private func loadBuyers(
    of account: StockAccount, _ snapshot: StockContents, _ closing: Closing
  ) async throws(ReconcilerError) {
    var after = ""
    while true {
      let from = after
      let page = try await ledger { () async throws(PostgresError) in
        try await snapshot.buyers(of: account, after: from, limit: limits.buyersPerPage)
      }
      guard let last = page.last else { return }
      after = last.user
      for chunk in page.chunks(of: limits.loadChunk) {
        try await loadHash(
          keys.bought(account.scope, account.sku),
          chunk.flatMap { [$0.user, $0.quantity] as [any RedisArgument] }, closing)
      }
    }
  }

  // MARK: Orders

  private func loadHeldOrders(
    _ snapshot: StockContents, _ closing: Closing
  ) async throws(ReconcilerError) -> Int {
    var loaded = 0
    var after: StockContents.HeldOrder?
    while true {
      let from = after
      let page = try await ledger { () async throws(PostgresError) in
        try await snapshot.heldOrders(of: cell, after: from, limit: limits.ordersPerPage)
      }
      guard let last = page.last else { return loaded }
      after = last
      loaded += page.count
      for chunk in page.chunks(of: limits.loadChunk) {
        let fields = chunk.flatMap { order in
          [
            order.id.description,
            ReservationRecord.text(
              reservedAt: order.reservedAt, user: order.user,
              lines: zip(order.lines, order.isCounted).map { (line: $0, isCounted: $1) }),
          ] as [any RedisArgument]
        }
        try await loadHash(keys.reserved, fields, closing)
      }
    }
  }

  private func loadAnswers(
    _ snapshot: StockContents, _ closing: Closing
  ) async throws(ReconcilerError) -> Int {
    var loaded = 0
    var after = Identifier(high: 0, low: 0)
    while true {
      let from = after
      let page = try await ledger { () async throws(PostgresError) in
        try await snapshot.answers(
          of: cell, days: CellKeys.answerDays, after: from, limit: limits.ordersPerPage)
      }
      guard let last = page.last else { return loaded }
      after = last.order
      loaded += page.count
      for (day, answers) in Dictionary(grouping: page, by: \.reservedAt.day) {
        for chunk in answers.chunks(of: limits.loadChunk) {
          var arguments: [any RedisArgument] = [CellKeys.endOfAnswers(day: day)]
          for answer in chunk {
            arguments.append("\(answer.idempotency.key)")
            arguments.append(
              ReservationRecord.answer(
                fingerprint: "\(answer.idempotency.fingerprint)", order: answer.order,
                terms: answer.terms,
                deadline: answer.deadline,
                currency: answer.currency, lines: answer.lines))
          }
          try await load(
            ScriptCatalog.loadAnswers, closing, keys: [keys.answers(day: day)],
            arguments: arguments)
        }
      }
    }
  }

  private func loadPopularity(
    _ snapshot: StockContents, _ closing: Closing
  ) async throws(ReconcilerError) {
    let counts = try await ledger { () async throws(PostgresError) in
      try await snapshot.dayCounts(of: cell, days: CellKeys.popularDays)
    }
    for (day, counts) in Dictionary(grouping: counts, by: \.day) {
      let expires = (day + CellKeys.popularDays) * 86_400_000
      for chunk in counts.chunks(of: limits.loadChunk) {
        var arguments: [any RedisArgument] = [expires]
        for count in chunk { arguments += [count.quantity, count.product.description] }
        try await load(
          ScriptCatalog.loadPopular, closing, keys: [keys.popular(day: day)],
          arguments: arguments)
      }
    }
  }

  private func loadHash(
    _ key: [UInt8], _ fields: [any RedisArgument], _ closing: Closing
  ) async throws(ReconcilerError) {
    try await load(ScriptCatalog.loadHash, closing, keys: [key], arguments: fields)
  }
}
