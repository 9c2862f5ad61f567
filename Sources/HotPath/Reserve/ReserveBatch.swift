internal import Domain
internal import Redis

/// A batch of orders laid out as the reserve script wants it: by scope, in order of arrival.
struct ReserveBatch: CellBatch {
  /// What orders that ask for the same have in common.
  private struct Basket {
    /// The operation that asked for it first.
    let example: ReserveOperation
    /// The numbers of its lines' accounts.
    let numbers: [Int]
  }

  private struct Group {
    let sale: HotSale
    /// As it was when the batch was made: the deadlines that are told must be those that were written.
    let life: Int
    let ratesScope: RatePolicy.Scope?
    let batch: Int
    var operations: [Int] = []
    var stocks: [HotStock] = []
    var baskets: [Basket] = []
    /// For each operation the number of its basket, from 1.
    var basketNumbers: [Int] = []

    var rates: Int {
      switch ratesScope {
      case nil: 0
      case .user: operations.count
      case .sale, .campaign: 1
      }
    }

    /// How many arguments describe its baskets.
    var basketArgumentCount: Int { baskets.reduce(0) { $0 + 3 + 2 * $1.numbers.count } }

    /// Whether orders must say which basket is theirs.
    var namesBaskets: Bool { baskets.count > 1 }

    /// How many arguments describe its orders.
    var orderArgumentCount: Int { (namesBaskets ? 3 : 2) * operations.count }
  }

  /// How many of the last baskets are looked at for another order: in a crowd few are many's, and to miss
  /// one costs no more than to say it twice.
  private static let basketsLookedAt = 4

  static var script: CatalogedScript { ScriptCatalog.reserve }

  let operations: [ReserveOperation]
  private var groups: [Group] = []

  init(_ operations: [ReserveOperation]) {
    self.operations = operations
    for index in operations.indices { place(index) }
  }

  private mutating func place(_ index: Int) {
    let operation = operations[index]
    let group = group(of: operation.sale)
    groups[group].operations.append(index)
    groups[group].basketNumbers.append(basket(of: operation, in: group) + 1)
  }

  private mutating func basket(of operation: ReserveOperation, in group: Int) -> Int {
    let known = groups[group].baskets
    for place in known.indices.suffix(Self.basketsLookedAt).reversed()
    where known[place].example.asksForTheSame(as: operation) {
      return place
    }
    let numbers = operation.lines.map { line in
      let stock = line.stock
      if stock.batch != groups[group].batch {
        stock.batch = groups[group].batch
        groups[group].stocks.append(stock)
        stock.number = groups[group].stocks.count
      }
      return stock.number
    }
    groups[group].baskets.append(Basket(example: operation, numbers: numbers))
    return known.count
  }

  private mutating func group(of sale: HotSale) -> Int {
    // In a flash sale nearly every batch has one sale, so the last group is the likely one.
    if let last = groups.indices.last, groups[last].sale === sale { return last }
    if let found = groups.firstIndex(where: { $0.sale === sale }) { return found }
    sale.batches += 1
    var group = Group(
      sale: sale, life: sale.reservationMilliseconds, ratesScope: sale.rateScope,
      batch: sale.batches)
    group.operations.reserveCapacity(operations.count)
    group.basketNumbers.reserveCapacity(operations.count)
    groups.append(group)
    return groups.count - 1
  }

  var keyCount: Int {
    // Lease, stream, reservations and the buckets of popularity and of answers come first.
    groups.reduce(3 + CellKeys.popularBuckets + CellKeys.answerBuckets) {
      $0 + 1 + 2 * $1.stocks.count + $1.rates
    }
  }

  var argumentCount: Int {
    groups.reduce(4) { $0 + 7 + $1.basketArgumentCount + $1.orderArgumentCount }
  }

  func writeKeys(_ keys: CellKeys, into writer: inout RedisCommandWriter) {
    writer.argument(keys.lease)
    writer.argument(keys.stream)
    writer.argument(keys.reserved)
    for bucket in keys.popular { writer.argument(bucket) }
    for bucket in keys.answers { writer.argument(bucket) }
    for group in groups {
      writer.argument(group.sale.saleKey)
      for stock in group.stocks {
        writer.argument(stock.stockKey)
        writer.argument(stock.boughtKey)
      }
      writeRateKeys(of: group, into: &writer)
    }
  }

  private func writeRateKeys(of group: Group, into writer: inout RedisCommandWriter) {
    switch group.ratesScope {
    case nil: break
    case .sale, .campaign: writer.argument(group.sale.sharedRateKey)
    case .user:
      for index in group.operations {
        group.sale.writeRateKey(user: operations[index].user, into: &writer)
      }
    }
  }

  func writeArguments(lease: [UInt8], streamLimit: Int, into writer: inout RedisCommandWriter) {
    writer.argument(lease)
    writer.argument(streamLimit)
    writer.argument(haveDistinctKeys ? 1 : 0)
    writer.argument(groups.count)
    for group in groups {
      writer.argument(group.sale.scopeText)
      writer.argument(group.sale.market.description)
      writer.argument(group.life)
      writer.argument(group.stocks.count)
      writer.argument(group.rates)
      writer.argument(group.baskets.count)
      for basket in group.baskets { write(basket, into: &writer) }
      writer.argument(group.operations.count)
      writeOrders(of: group, into: &writer)
    }
  }

  /// Whether no two orders have one idempotency key: the script then need not remember what it grants.
  ///
  /// The keys are put into a table of twice as many places, or more, where their last bits lead to.
  var haveDistinctKeys: Bool {
    var places = 8
    while places < 2 * operations.count { places *= 2 }
    return withUnsafeTemporaryAllocation(of: Int32.self, capacity: places) { table in
      let free: Int32 = -1
      table.initialize(repeating: free)
      for index in operations.indices {
        let key = operations[index].key
        var place = Int(truncatingIfNeeded: key.first.low) & (places - 1)
        while table[place] != free {
          if operations[Int(table[place])].key == key { return false }
          place = (place + 1) & (places - 1)
        }
        table[place] = Int32(index)
      }
      return true
    }
  }

  /// In columns: the script gives each to Redis as it is.
  private func writeOrders(of group: Group, into writer: inout RedisCommandWriter) {
    for index in group.operations {
      let key = operations[index].key
      writer.argument(count: OrderKey.textCount) { key.writeText(to: $0) }
    }
    for index in group.operations { writer.argument(operations[index].user) }
    if group.namesBaskets {
      for number in group.basketNumbers { writer.argument(number) }
    }
  }

  private func write(_ basket: Basket, into writer: inout RedisCommandWriter) {
    let operation = basket.example
    writer.argument(count: RequestDigest.textCount) {
      operation.fingerprint.writeText(to: $0)
    }
    writer.argument(operation.terms)
    writer.argument(basket.numbers.count)
    for (number, line) in zip(basket.numbers, operation.lines) {
      writer.argument(number)
      writer.argument(line.quantity)
    }
  }

  func deliver(_ decisions: CellDecisions) {
    var decisions = decisions
    for group in groups {
      let shared = group.rates == 1 ? decisions.sharedAllowance() : nil
      for index in group.operations {
        let operation = operations[index]
        guard let decision = decisions.nextReserve(operation, life: group.life) else {
          operation.ended(.unavailable(.failed))
          continue
        }
        let rate = group.rates > 1 ? decisions.allowance() : shared
        if decisions.isAtRisk, decision.isReservation, operation.needsReplicas {
          operation.failed(.notReplicated)
          continue
        }
        operation.ended(.decided(decision, position: decisions.position, rate: rate))
      }
    }
  }
}

extension HotSale {
  /// Writes the key of the arrival time of one user's requests.
  fileprivate func writeRateKey(user: String, into writer: inout RedisCommandWriter) {
    var user = user
    user.withUTF8 { user in
      writer.argument(count: sharedRateKey.count + 1 + user.count) { target in
        sharedRateKey.withUnsafeBytes {
          target.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
        target.storeBytes(
          of: UInt8(ascii: ":"), toByteOffset: sharedRateKey.count, as: UInt8.self)
        (target + sharedRateKey.count + 1).copyMemory(
          from: UnsafeRawPointer(user.baseAddress!), byteCount: user.count)
      }
    }
  }
}
