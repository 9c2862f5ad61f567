extension ReserveRules {
  // MARK: What the ledger tells

  /// Takes the terms of an account and all that ever came into it; an older version changes nothing.
  ///
  /// - Returns: whether it was new.
  @discardableResult
  public mutating func put(
    _ terms: StockTerms, received: Int, version: Int, to account: Account
  ) -> Bool {
    guard version > stocks[account]?.version ?? 0 else { return false }
    var stock =
      stocks[account] ?? Stock(terms: terms, version: version, level: StockLevel())
    stock.terms = terms
    stock.version = version
    stock.level.received = received
    stocks[account] = stock
    return true
  }

  /// Takes the terms of a sale; an older version changes nothing.
  ///
  /// - Returns: whether it was new.
  @discardableResult
  public mutating func put(
    _ terms: SaleTerms, isReady: Bool, version: Int, of sale: Identifier
  ) -> Bool {
    guard version > sales[sale]?.version ?? 0 else { return false }
    sales[sale] = ScheduledSale(terms: terms, isReady: isReady, version: version)
    return true
  }

  /// Gives back what an order has reserved; false when there is nothing.
  public mutating func release(_ order: Identifier) -> Bool {
    settle(order) { rules, account, line, held in
      if line.isCounted {
        let left = rules.stocks[account]!.bought[held.user, default: 0] - line.line.quantity
        rules.stocks[account]!.bought[held.user] = left > 0 ? left : nil
      }
      let product = rules.stocks[account]!.terms.product
      guard let pieces = rules.popularity[held.day]?[product] else { return }
      let left = pieces - line.line.quantity
      rules.popularity[held.day]![product] = left > 0 ? left : nil
    }
  }

  /// Makes what an order has reserved sold; false when there is nothing.
  public mutating func commit(_ order: Identifier) -> Bool {
    settle(order) { rules, account, line, _ in
      rules.stocks[account]!.level.sold += line.line.quantity
    }
  }

  private mutating func settle(
    _ order: Identifier,
    _ body: (inout ReserveRules, Account, (line: RequestedLine, isCounted: Bool), Held) -> Void
  ) -> Bool {
    guard let held = reservations.removeValue(forKey: order) else { return false }
    for line in held.lines {
      let account = Account(scope: held.scope, sku: line.line.sku)
      stocks[account]!.level.reserved -= line.line.quantity
      body(&self, account, line, held)
    }
    return true
  }

  /// Takes up to `wanted` free pieces out of an account, once for each movement.
  ///
  /// - Returns: the pieces taken, now or when the movement first came; nil without the account.
  public mutating func take(
    _ wanted: Int, from account: Account, by movement: Identifier
  ) -> Int? {
    if let taken = movements[movement] { return taken }
    guard let stock = stocks[account] else { return nil }
    let taken = min(wanted, stock.level.available)
    stocks[account]!.level.taken += taken
    movements[movement] = taken
    return taken
  }

  // MARK: What there is

  /// The accounts with their counts.
  public var levels: [Account: StockLevel] { stocks.mapValues(\.level) }

  /// The orders that have something reserved.
  public var reservedOrders: Set<Identifier> { Set(reservations.keys) }

  /// What users have reserved or bought of an account since there is a limit.
  public func bought(of account: Account) -> [String: Int] { stocks[account]?.bought ?? [:] }

  /// Pieces reserved and not released, by product, on the day of `now`.
  public func popularity(on now: Instant) -> [String: Int] {
    popularity[now.milliseconds / Self.dayMilliseconds] ?? [:]
  }

  /// No count is negative, no piece is in two places, and what is reserved is reserved by orders.
  public var isSound: Bool {
    var reserved: [Account: Int] = [:]
    for held in reservations.values {
      for line in held.lines {
        reserved[Account(scope: held.scope, sku: line.line.sku), default: 0] += line.line.quantity
      }
    }
    return stocks.allSatisfy { account, stock in
      stock.level.isSound && stock.level.reserved == reserved[account, default: 0]
    }
  }
}
