internal import Domain

/// How the ledger, the stock and the clients' answers compare once nothing is pending any more: a
/// function of what was seen.
struct OrderComparison {
  let told: [AcknowledgedOrder]
  let orders: [LedgerOrder]
  /// Pieces of each SKU.
  let pieces: [Int]
  /// The stock of each SKU; nil when it could not be read.
  let readings: [StockSampler.Reading]?
  /// Minor units of a piece.
  let price: Int
  /// The name of a user by its index.
  let name: (Int) -> String?

  var breaches: Breaches {
    var breaches = Breaches()
    checkTold(&breaches)
    checkUsers(&breaches)
    checkStock(&breaches)
    return breaches
  }

  /// Orders in a state.
  func count(_ status: OrderStatus) -> Int { orders.count { $0.status == status } }

  private func checkTold(_ breaches: inout Breaches) {
    let known = Dictionary(orders.map { ($0.order, $0) }) { first, _ in first }
    for order in told {
      guard let row = known[order.order] else {
        breaches.add("order \(order.order) is not in the ledger")
        continue
      }
      if let user = name(order.user), user != row.user {
        breaches.add("order \(order.order) is \(row.user)'s in the ledger, not \(user)'s")
      }
      if row.total != price { breaches.add("order \(order.order) costs \(row.total)") }
    }
  }

  private func checkUsers(_ breaches: inout Breaches) {
    let users = Set(orders.map(\.user))
    if users.count != orders.count {
      breaches.add("\(orders.count - users.count) orders of users who have one under the same key")
    }
  }

  /// Every piece is sold to somebody who paid, or on sale again.
  private func checkStock(_ breaches: inout Breaches) {
    if count(.pending) > 0 { breaches.add("\(count(.pending)) orders are still pending") }
    if let late = orders.compactMap(\.cancelledAfter).max(), late > Self.longestOverdue {
      breaches.add("an order was cancelled \(late) s after its deadline")
    }
    guard let readings else {
      breaches.add("the stock could not be read after the run")
      return
    }
    let sold = readings.reduce(0) { $0 + $1.sold }
    if sold != count(.paid) { breaches.add("\(sold) are sold, \(count(.paid)) paid for") }
    for (reading, pieces) in zip(readings, pieces) where reading.reserved != 0 {
      breaches.add("of \(pieces) pieces nothing should be reserved: \(reading)")
    }
    let available = readings.reduce(0) { $0 + $1.available }
    if available != pieces.reduce(0, +) - sold {
      breaches.add("\(available) pieces are on sale, \(sold) sold, of \(pieces.reduce(0, +))")
    }
  }

  /// Seconds that an abandoned order may stay beyond its deadline.
  static let longestOverdue = 10.0
}
