internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

extension HeldCell {
  /// Entries that the stream may hold before takes are put off.
  static let streamLimit = 100_000

  /// Runs a script that works under the cell's lease only.
  func run(
    _ script: CatalogedScript, keys: [[UInt8]], arguments: [any RedisArgument]
  ) async throws(ReconcilerError) -> RedisValue {
    let reply = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.evaluate(
        script.script, keys: [self.keys.lease, self.keys.stream] + keys,
        arguments: [lease] + arguments)
    }
    if reply.text == "X" { throw .overtaken }
    return reply
  }

  /// Notes which entry of the stream tells of an effect.
  static func note(_ entry: RedisValue, _ effects: inout CommandEffects) {
    if let position = entry.text.flatMap({ StreamPosition($0) }) {
      effects.through = max(effects.through, position)
    } else {
      effects.isKnownBefore = true
    }
  }

  // MARK: Accounts and sales

  func putStock(
    _ commands: [CellCommand], _ effects: inout CommandEffects
  ) async throws(ReconcilerError) {
    let subjects = commands.subjects(of: CellCommand.putStock)
    guard !subjects.isEmpty else { return }
    let accounts = try await ledger { () async throws(PostgresError) in
      try await stock.accounts(subjects, of: cell)
    }
    for account in accounts {
      let reply = try await run(
        ScriptCatalog.putStock, keys: [keys.stock(account.scope, account.sku)],
        arguments: [
          account.version, account.sku.description, account.product.description,
          account.level.received, account.price.amount, account.price.currency.rawValue,
          account.terms.cellLimit, account.scope.description, keys.channel,
        ])
      Self.note(reply[1], &effects)
    }
  }

  func putSales(
    _ commands: [CellCommand], _ effects: inout CommandEffects
  ) async throws(ReconcilerError) {
    let subjects = commands.subjects(of: CellCommand.putSale)
    guard !subjects.isEmpty else { return }
    let sales = try await ledger { () async throws(PostgresError) in
      try await stock.sales(subjects, of: cell)
    }
    for sale in sales {
      let head: [any RedisArgument] = [
        sale.version, sale.id.description, Int(sale.terms.opensAt.milliseconds),
        Int(sale.terms.closesAt.milliseconds), sale.isReady ? "1" : "0",
      ]
      let reply = try await run(
        ScriptCatalog.putSale, keys: [keys.sale(sale.scope)],
        arguments: head + Self.arguments(of: sale.terms.ratePolicy) + [keys.channel])
      Self.note(reply[1], &effects)
    }
  }

  // MARK: Takes

  /// Asks for what movements want. Those that are done already are not asked for again.
  func takeStock(
    _ commands: [CellCommand], _ effects: inout CommandEffects
  ) async throws(ReconcilerError) {
    let subjects = commands.subjects(of: CellCommand.takeStock)
    guard !subjects.isEmpty else { return }
    let takes = try await ledger { () async throws(PostgresError) in
      try await stock.takes(subjects, of: cell)
    }
    for take in takes {
      let reply = try await run(
        ScriptCatalog.takeStock,
        keys: [keys.stock(take.scope, take.sku), keys.taken(take.movement)],
        arguments: [
          Self.streamLimit, take.movement.description, take.scope.description, take.wanted,
        ])
      let words = (reply.text ?? "").split(separator: " ")
      guard words.count == 2, let entry = StreamPosition(words[1]) else {
        // The stream is full, or the account is not there yet.
        effects.putOff.formUnion(commands.filter { $0.subject == take.movement }.map(\.id))
        continue
      }
      effects.through = max(effects.through, entry)
    }
  }

  // MARK: Orders

  /// Gives back what cancelled orders reserve, and counts as sold what paid ones do: all in one call.
  func settleOrders(
    _ commands: [CellCommand], _ effects: inout CommandEffects
  ) async throws(ReconcilerError) {
    let settled = commands.filter {
      $0.kind == CellCommand.releaseOrder || $0.kind == CellCommand.commitOrder
    }
    guard !settled.isEmpty else { return }
    let orders = try await ledger { () async throws(PostgresError) in
      try await stock.settlements(settled.map(\.subject), of: cell)
    }
    var scriptKeys = [keys.reserved] + keys.popular + keys.answers
    var accounts: [any RedisArgument] = []
    var seen: Set<String> = []
    for order in orders {
      for sku in order.skus where seen.insert("\(order.scope):\(sku)").inserted {
        accounts.append("\(order.scope):\(sku)")
        scriptKeys += [keys.stock(order.scope, sku), keys.bought(order.scope, sku)]
      }
    }
    var arguments: [any RedisArgument] = [keys.channel, accounts.count] + accounts
    let scopes = Dictionary(orders.map { ($0.order, $0.scope) }) { first, _ in first }
    for command in settled {
      arguments.append(command.kind == CellCommand.commitOrder ? "commit" : "release")
      arguments.append(command.subject.description)
      // An order that the ledger does not know has nothing reserved.
      arguments.append((scopes[command.subject] ?? .open).description)
    }
    let reply = try await run(
      ScriptCatalog.settleOrders, keys: scriptKeys, arguments: arguments)
    for (index, command) in settled.enumerated() where reply[index].integer == -1 {
      throw .contradiction(
        "order \(command.subject) reserves other stock in Redis than in the ledger")
    }
    let isAllNew = settled.indices.allSatisfy { reply[$0].integer == 1 }
    if !isAllNew { effects.isKnownBefore = true }
    Self.note(reply[settled.count], &effects)
  }
}
