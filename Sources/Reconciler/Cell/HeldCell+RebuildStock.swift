internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

extension HeldCell {
  /// Loads stock, sales, and what orders hold.
  func loadStock(
    _ transaction: PostgresTransaction, _ closing: Closing, _ loaded: inout RebuiltContents
  ) async throws(ReconcilerError) {
    let snapshot = StockContents(transaction: transaction)
    loaded.sales = try await loadSales(snapshot, closing)
    let accounts = try await loadAccounts(snapshot, closing)
    loaded.accounts = accounts.count
    // Who may not reserve anything has no orders.
    if accounts.isEmpty { return }
    let orders = OrderSnapshot(
      transaction: transaction, of: cell, scopes: Set(accounts.map(\.scope)),
      pageSize: limits.ordersPerPage)
    let limited = Set(accounts.lazy.filter { $0.perUserLimit > 0 }.map(\.name))
    try await loadBuyers(orders, of: limited, closing)
    loaded.orders = try await loadHeldOrders(orders, limited, closing)
    loaded.records += try await loadAnswers(orders, closing)
    try await loadPopularity(orders, closing)
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
      loaded += page.count
      for sale in page {
        after = sale.id
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
      if page.count < limits.campaignsPerPage { return loaded }
    }
  }

  private func loadAccounts(
    _ snapshot: StockContents, _ closing: Closing
  ) async throws(ReconcilerError) -> [StockAccount] {
    var accounts: [StockAccount] = []
    while true {
      let from = accounts.last
      let page = try await ledger { () async throws(PostgresError) in
        try await snapshot.accounts(of: cell, after: from, limit: limits.accountsPerPage)
      }
      accounts += page
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
      }
      if page.count < limits.accountsPerPage { return accounts }
    }
  }

  // MARK: Orders

  private func loadBuyers(
    _ orders: OrderSnapshot, of limited: Set<StockAccount.Name>, _ closing: Closing
  ) async throws(ReconcilerError) {
    if limited.isEmpty { return }
    let pages = orders.buyers(of: Set(limited.map(\.sku)))
    while let page = try await next(of: pages) {
      for (account, buyers) in Dictionary(grouping: page, by: \.account)
      where limited.contains(account) {
        try await loadHash(
          keys.bought(account.scope, account.sku),
          buyers.flatMap { [$0.user, $0.quantity] as [any RedisArgument] }, closing)
      }
    }
  }

  private func loadHeldOrders(
    _ orders: OrderSnapshot, _ limited: Set<StockAccount.Name>, _ closing: Closing
  ) async throws(ReconcilerError) -> Int {
    var loaded = 0
    let pages = orders.heldOrders()
    while let page = try await next(of: pages) {
      loaded += page.count
      var fields: [any RedisArgument] = []
      fields.reserveCapacity(2 * page.count)
      for order in page {
        fields.append(OrderKey(of: order.id).description)
        fields.append(
          ReservationRecord.reserved(order) { limited.contains(order.account($0)) })
      }
      try await loadHash(keys.reserved, fields, closing)
    }
    return loaded
  }

  private func loadAnswers(
    _ orders: OrderSnapshot, _ closing: Closing
  ) async throws(ReconcilerError) -> Int {
    var loaded = 0
    let pages = orders.answeredOrders(days: CellKeys.answerDays)
    while let page = try await next(of: pages) {
      loaded += page.count
      for (day, orders) in Dictionary(grouping: page, by: \.reservedAt.day) {
        for chunk in orders.chunks(of: limits.loadChunk) {
          var arguments: [any RedisArgument] = [CellKeys.endOfAnswers(day: day)]
          arguments.reserveCapacity(2 * chunk.count + 1)
          for order in chunk {
            guard let key = order.key else { continue }
            arguments.append(key.description)
            arguments.append(ReservationRecord.answer(order, to: key))
          }
          try await load(
            ScriptCatalog.loadAnswers, closing, keys: [keys.answers(day: day)],
            arguments: arguments)
        }
      }
    }
    return loaded
  }

  private func loadPopularity(
    _ orders: OrderSnapshot, _ closing: Closing
  ) async throws(ReconcilerError) {
    let pages = orders.dayCounts(days: CellKeys.popularDays)
    while let page = try await next(of: pages) {
      for (day, counts) in Dictionary(grouping: page, by: \.day) {
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
  }
}
