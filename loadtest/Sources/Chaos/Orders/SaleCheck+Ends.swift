internal import Domain

/// What became of the orders of a sale, and of its pieces.
extension SaleCheck {
  /// Seconds that an abandoned order may stay beyond its deadline, and beyond the recovery of the ledger.
  private static let longestOverdue = 10

  /// Whatever a client was told to be done is so in the ledger, and what was refused had a reason.
  func checkSettlements(_ breaches: inout Breaches) {
    for (work, outcomes) in settlements {
      for outcome in outcomes {
        guard let problem = problem(of: outcome, work) else { continue }
        breaches.add("\(name): \(work.kind) of order \(work.order): \(problem)")
      }
    }
    for (work, told) in answers where told.count > 1 {
      breaches.add("\(name): \(work.kind) of order \(work.order) was told in \(told.count) ways")
    }
    let kinds = Dictionary(grouping: settlements.keys, by: \.order).mapValues {
      Set($0.map(\.kind))
    }
    for row in state.orders {
      let tried = kinds[row.order] ?? []
      if row.wasPaid, !tried.contains(.payment) {
        breaches.add("\(name): order \(row.order) was paid, and nobody did")
      }
      if row.status == .cancelled, !row.isExpired, !tried.contains(.cancellation) {
        breaches.add("\(name): order \(row.order) was cancelled, and nobody did")
      }
    }
  }

  private func problem(
    of outcome: LoggedSettlement.Outcome, _ work: LoggedSettlement.Work
  ) -> String? {
    let row = rowOfOrder[work.order]
    let state = row.map { "it is \($0.status.rawValue)" } ?? "it is not in the ledger"
    let isExpired = row?.isExpired == true
    switch (outcome, work.kind) {
    case (.done, .payment): return row?.wasPaid == true ? nil : "done, but \(state)"
    case (.done, .cancellation):
      return row?.status == .cancelled && !isExpired ? nil : "done, but \(state)"
    case (.refused, .payment): return row?.status == .cancelled ? nil : "refused, but \(state)"
    case (.refused, .cancellation):
      return row?.status == .refunded || isExpired ? nil : "refused, but \(state)"
    case (.done, .refund): return row?.wasPaid == true ? nil : "done, but \(state)"
    // It was cancelled, or refunded as a whole, before.
    case (.refused, .refund):
      return row?.status == .cancelled || row?.status == .refunded ? nil : "refused, but \(state)"
    case (.declined, .refund(_, let portion)):
      return wasPossible(portion, of: work.order) ? "declined, but \(state)" : nil
    case (.declined, .cancellation): return "declined, and \(state)"
    case (.declined, .payment): return nil
    case (.notFound, _): return row == nil ? nil : "not found, but \(state)"
    case (.unknown, _): return nil
    case (.wrong(let answer), _): return answer
    }
  }

  /// What nobody settled lapses, not before its time and not long after.
  func checkLapses(_ breaches: inout Breaches) {
    for row in state.orders {
      if row.status == .pending { breaches.add("\(name): order \(row.order) is still pending") }
      guard row.isExpired, let end = row.cancelledAt else { continue }
      let latest = max(row.reservedUntil, history.recoveredAtTime) + Self.longestOverdue * 1000
      if end < row.reservedUntil || end > latest {
        breaches.add(
          "\(name): order \(row.order) lapsed \(end - row.reservedUntil) ms after its deadline")
      }
    }
  }

  /// Every piece is sold to somebody who paid, or on sale again.
  func checkStock(_ breaches: inout Breaches) {
    for (index, sku) in sale.skus.enumerated() {
      let rows = state.orders.filter { $0.lines[sku] != nil }
      let sold = rows.filter(\.wasPaid).reduce(0) { $0 + $1.lines[sku]! }
      let returned = state.refunds.reduce(0) { $0 + ($1.restocked[sku] ?? 0) }
      let pieces = sale.plan.pieces[index]
      guard index < state.levels.count, let level = state.levels[index] else {
        breaches.add("\(name): the ledger has no account of \(sku)")
        continue
      }
      if level.received - level.taken != pieces + returned {
        breaches.add("\(name): of \(pieces) of \(sku), and \(returned) returned, \(level)")
      }
      if level.sold != sold || level.reserved != 0 || level.available < 0 {
        breaches.add("\(name): \(sold) of \(sku) were paid for: \(level)")
      }
      let redis = index < state.levelsInRedis.count ? state.levelsInRedis[index] : nil
      if redis != level {
        breaches.add("\(name): \(sku) is \(level) in the ledger, \(redis as Any) in Redis")
      }
      if index < state.largestSums.count, state.largestSums[index] > pieces + returned {
        breaches.add("\(name): \(state.largestSums[index]) of \(pieces) of \(sku) were seen")
      }
    }
  }
}
