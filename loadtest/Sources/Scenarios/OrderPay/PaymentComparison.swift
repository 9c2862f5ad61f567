internal import Domain

/// How the ledger's payments and the clients' answers compare: a function of what was seen.
struct PaymentComparison {
  let told: [AcknowledgedPayment]
  let payments: [LedgerPayment]
  /// Orders that count as paid without a payment.
  let unpaid: Int
  /// Orders of users who ordered once, under one key, and have another one.
  var secondOrders = 0
  /// Minor units of an order.
  let price: Int
  /// The name of a buyer by its index.
  let name: (Int) -> String?

  var breaches: Breaches {
    var breaches = Breaches()
    if unpaid > 0 { breaches.add("\(unpaid) orders count as paid and have no payment") }
    if secondOrders > 0 { breaches.add("\(secondOrders) keys brought a second order") }
    for payment in payments { check(payment, &breaches) }
    let known = Dictionary(payments.map { ($0.order, $0) }) { first, _ in first }
    if known.count != payments.count {
      breaches.add("\(payments.count - known.count) orders are paid twice")
    }
    for answer in told { check(answer, known[answer.order], &breaches) }
    return breaches
  }

  /// The order, its payment and the wallet's entry are one sum.
  private func check(_ row: LedgerPayment, _ breaches: inout Breaches) {
    if row.status != .paid { breaches.add("order \(row.order) has a payment and is \(row.status)") }
    if row.total != price || row.amount != price || row.taken != price || row.entries != 1 {
      breaches.add(
        "order \(row.order) costs \(row.total), was paid with \(row.amount), "
          + "and \(row.entries) entries took \(row.taken)")
    }
    if row.balanceAfter != row.entryBalance {
      breaches.add(
        "payment \(row.payment) left \(row.balanceAfter), its entry \(row.entryBalance)")
    }
  }

  private func check(
    _ answer: AcknowledgedPayment, _ row: LedgerPayment?, _ breaches: inout Breaches
  ) {
    guard let row else {
      return breaches.add("payment \(answer.made.payment) is not in the ledger")
    }
    if row.payment != answer.made.payment || row.balanceAfter != answer.made.balanceAfter {
      breaches.add("order \(row.order): the ledger has \(row), its buyer was told \(answer.made)")
    }
    if let name = name(answer.buyer), name != row.user {
      breaches.add("order \(row.order) was paid by \(row.user), not \(name)")
    }
  }
}
