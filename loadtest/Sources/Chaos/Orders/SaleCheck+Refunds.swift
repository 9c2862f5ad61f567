internal import Domain

/// What went back of the orders of a sale.
extension SaleCheck {
  private func refunds(of order: Identifier) -> [RecordedRefund] {
    refundsOfOrder[order] ?? []
  }

  /// Whether a refund fits into what is left even now, so that it had no reason to be declined before.
  func wasPossible(_ portion: OrderIntent.Portion, of order: Identifier) -> Bool {
    guard let row = rowOfOrder[order] else { return false }
    let refunds = refunds(of: order)
    switch portion {
    case .everything: return true
    case .amount(let amount):
      return amount <= row.total - refunds.reduce(0) { $0 + $1.amount }
    case .lines: return refunds.isEmpty
    }
  }

  /// Each refund that was told is there once and as it was asked for, nothing else is, and no more went
  /// back than was paid.
  func checkRefunds(_ breaches: inout Breaches) {
    var done: [Identifier: [(number: Int, OrderIntent.Portion)]] = [:]
    for (work, outcomes) in settlements where outcomes.contains(.done) {
      if case .refund(let number, let portion) = work.kind {
        done[work.order, default: []].append((number, portion))
      }
    }
    for row in state.orders where row.wasPaid {
      let refunds = refunds(of: row.order)
      let told = done[row.order] ?? []
      for (number, portion) in told {
        let found = refunds.filter { $0.reason == OrderJudgement.refundReason(number) }
        if found.count != 1 || !isAsAsked(found[0], portion, row) {
          breaches.add(
            "\(name): refund \(number) of order \(row.order), \(portion), was told; there is \(found)"
          )
        }
      }
      checkSums(row, refunds, told.count, &breaches)
    }
  }

  private func isAsAsked(
    _ refund: RecordedRefund, _ portion: OrderIntent.Portion, _ row: RecordedOrder
  ) -> Bool {
    switch portion {
    case .everything: return row.status == .refunded
    case .amount(let amount): return refund.amount == amount
    case .lines(let lines):
      let wanted = Dictionary(uniqueKeysWithValues: lines.map { (sale.skus[$0.key], $0.value) })
      // The last money of an order brings back whatever is left of it.
      let isLast =
        row.status == .refunded && wanted.allSatisfy { refund.lines[$0.key] ?? 0 >= $0.value }
      return refund.lines == wanted || isLast
    }
  }

  private func checkSums(
    _ row: RecordedOrder, _ refunds: [RecordedRefund], _ told: Int, _ breaches: inout Breaches
  ) {
    let undone = refunds.count { $0.reason == OrderJudgement.reason }
    if refunds.count != told + undone || undone != (row.wasUndone ? 1 : 0) {
      breaches.add(
        "\(name): order \(row.order) has \(refunds.count) refunds, \(undone) of them by its cancellation, \(told) were told"
      )
    }
    let amount = refunds.reduce(0) { $0 + $1.amount }
    if amount > row.total {
      breaches.add("\(name): of \(row.total) for order \(row.order) \(amount) went back")
    }
    if row.wasUndone || row.status == .refunded, amount != row.total {
      breaches.add("\(name): of \(row.total) for order \(row.order) only \(amount) went back")
    }
    for (sku, pieces) in row.lines {
      let back = refunds.reduce(0) { $0 + ($1.lines[sku] ?? 0) }
      if back > pieces {
        breaches.add("\(name): \(back) of \(pieces) of \(sku) of order \(row.order) came back")
      }
    }
  }
}
