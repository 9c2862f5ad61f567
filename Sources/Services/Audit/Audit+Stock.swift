internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

extension Audit {
  /// How long after its time a pending order may be found: the sweeper takes it long before.
  static let overdueGrace = Duration.seconds(10)

  /// Checks stock and orders in the ledger.
  func auditStock(_ report: inout AuditReport) async throws(AuditError) {
    let faults = try await auditing { () async throws(PostgresError) in
      try await ledger.stockFaults(keyLife: Self.recordLife)
    }
    let of = "of \(faults.accounts) accounts"
    report.check(
      "no account gave away more than it received", of: "ledger", faults.uncovered == 0,
      "\(faults.uncovered) \(of)")
    report.check(
      "the entries of each movement add up to zero", of: "ledger", faults.unbalanced == 0,
      "\(faults.unbalanced) do not")
    report.check(
      "each account has what its entries say", of: "ledger", faults.unexplained == 0,
      "\(faults.unexplained) \(of) differ")
    report.check(
      "accounts reserve and sold what their orders say", of: "ledger", faults.miscounted == 0,
      "\(faults.miscounted) \(of) differ")
    report.check(
      "the lines of each order add up to it", of: "ledger", faults.incomplete == 0,
      "\(faults.incomplete) of \(faults.orders) orders do not")
    let totals = try await auditing { () async throws(PostgresError) in
      try await ledger.mispricedOrders()
    }
    report.check(
      "each order comes to what its lines and terms say", of: "ledger", totals.wrong == 0,
      "\(totals.wrong) do not, \(totals.priced) have terms")
    report.check(
      "an order's idempotency key counts once in 24 hours", of: "ledger",
      faults.repeatedKeys == 0, "\(faults.repeatedKeys) orders repeat one")
    report.check(
      "each order is listed by its status", of: "ledger", faults.misfiled == 0,
      "\(faults.misfiled) are not, or are twice")
    report.check(
      "each pending order is listed by its deadline", of: "ledger", faults.untimed == 0,
      "\(faults.untimed) are not")
    let overdue = try await overdueOrders()
    report.check(
      "no order is pending past its time", of: "ledger", overdue == 0, "\(overdue) are")
  }

  /// Waits a while for orders to be cancelled whose time is over.
  private func overdueOrders() async throws(AuditError) -> Int {
    let deadline = redis.loop.milliseconds + patience.milliseconds
    while true {
      let overdue = try await auditing { () async throws(PostgresError) in
        try await ledger.overdueOrders(grace: Self.overdueGrace)
      }
      if overdue == 0 || redis.loop.milliseconds >= deadline { return overdue }
      await redis.loop.sleep(for: .milliseconds(20))
    }
  }

  /// Compares an open cell's stock, sales and orders in Redis with the ledger.
  ///
  /// Whatever changes stock in Redis also writes to the stream. So when the stream has not grown while
  /// Redis was looked at, and the ledger as of one snapshot had all of it and no command to be applied,
  /// both must say exactly the same. While the cell is being sold from there may be no such moment: then
  /// only what Redis says for itself is checked.
  func compareStock(of cell: CellName, _ report: inout AuditReport) async throws(AuditError) {
    var comparison = StockComparison()
    for attempt in 0..<Audit.attempts {
      if attempt > 0 { await redis.loop.sleep(for: .milliseconds(20)) }
      comparison = try await lookAtStock(of: cell)
      if !comparison.isMoving { break }
    }
    comparison.report(on: "cell \(cell)", &report)
  }

  private func lookAtStock(of cell: CellName) async throws(AuditError) -> StockComparison {
    let before = try await settledEntry(of: cell)
    let comparer = StockComparer(cell: cell, client: redis.client(for: CellKeys(cell).lease))
    var comparison = StockComparison()
    do {
      try await pool.transaction(.snapshot) { transaction in
        let snapshot = StockContents(transaction: transaction)
        guard let standing = try await snapshot.standing(of: cell) else { return }
        let cursor = StreamPosition(
          milliseconds: standing.cursor.milliseconds, sequence: standing.cursor.sequence)
        comparison.isMoving = standing.pending > 0 || cursor < before
        try await comparer.compare(in: transaction, &comparison)
      }
    } catch let error as AuditError {
      throw error
    } catch let error as PostgresError {
      throw .postgres(error)
    } catch {
      preconditionFailure("a transaction ends with an error of its body or of Postgres")
    }
    if try await lastEntry(CellKeys(cell)) != before { comparison.isMoving = true }
    return comparison
  }

  /// The stream's last entry, once the ledger has it and the cell has all commands, or when the patience
  /// is over.
  private func settledEntry(of cell: CellName) async throws(AuditError) -> StreamPosition {
    let deadline = redis.loop.milliseconds + patience.milliseconds / 5
    while true {
      let last = try await lastEntry(CellKeys(cell))
      let standing = try await auditing { () async throws(PostgresError) in
        try await StockContents(pool: pool).standing(of: cell)
      }
      guard let standing else { return last }
      let cursor = StreamPosition(
        milliseconds: standing.cursor.milliseconds, sequence: standing.cursor.sequence)
      if cursor >= last && standing.pending == 0 || redis.loop.milliseconds >= deadline {
        return last
      }
      await redis.loop.sleep(for: .milliseconds(5))
    }
  }
}

/// What a look at a cell's stock found.
struct StockComparison {
  /// One kind of thing that both must say the same about.
  struct Tally {
    var looked = 0
    var different: [String] = []

    mutating func note(_ isSame: Bool, _ name: @autoclosure () -> String) {
      looked += 1
      if !isSame { different.append(name()) }
    }

    var detail: String {
      let shown = different.prefix(3).joined(separator: ", ")
      return different.isEmpty
        ? "\(looked) compared" : "\(different.count) of \(looked) differ: \(shown)"
    }
  }

  /// The cell was being sold from, or facts or commands were on their way.
  var isMoving = false
  var sound = Tally()
  var levels = Tally()
  var terms = Tally()
  var held = Tally()
  var bought = Tally()
  var answers = Tally()
  var popular = Tally()
  var strangers = Tally()

  func report(on subject: String, _ report: inout AuditReport) {
    report.check(
      "Redis gives away no more than it received", of: subject, sound.different.isEmpty,
      sound.detail)
    let comparisons = [
      ("Redis and the ledger count the same stock", levels),
      ("Redis has the ledger's terms of stock and sales", terms),
      ("Redis holds what pending orders reserve", held),
      ("Redis knows who bought what is limited", bought),
      ("Redis has the ledger's answers to orders", answers),
      ("Redis counts the ledger's popular products", popular),
      ("the ledger has the stock and sales of Redis", strangers),
    ]
    for (name, tally) in comparisons {
      report.check(
        name, of: subject, isMoving || tally.different.isEmpty,
        isMoving ? "not compared: being sold from" : tally.detail)
    }
  }
}
