internal import Domain

/// An order that a client was told it has.
struct AcknowledgedOrder: Sendable, Equatable {
  /// The user's index in the run.
  let user: Int
  let order: Identifier
  /// Which of the sale's SKUs it has a piece of.
  let sku: Int
}

/// What the users of one worker were told, and what of it contradicts itself.
struct OrderRecord: Sendable {
  private var orders: [Identifier?]
  private var wasReserved: [Bool]
  private(set) var breaches = Breaches()

  init(users: Int) {
    orders = Array(repeating: nil, count: users)
    wasReserved = Array(repeating: false, count: users)
  }

  /// Notes that `user` was told of an order. Returns false when that contradicts what it was told
  /// before: all requests of a user are one order, under one key.
  mutating func hold(user: Int, order: Identifier, isReplay: Bool) -> Bool {
    if !isReplay, wasReserved[user] {
      breaches.add("one key reserved twice: \(orders[user]?.description ?? "?") and \(order)")
      return false
    }
    wasReserved[user] = wasReserved[user] || !isReplay
    guard let before = orders[user] else {
      orders[user] = order
      return true
    }
    guard before == order else {
      breaches.add("a repeat brought another order: \(before), then \(order)")
      return false
    }
    return true
  }

  mutating func note(_ breach: @autoclosure () -> String) { breaches.add(breach()) }

  /// The order that `user` was told of.
  func order(of user: Int) -> Identifier? { orders[user] }

  /// The orders told of, by the number of their user.
  var held: [(user: Int, order: Identifier)] {
    orders.enumerated().compactMap { user, order in order.map { (user, $0) } }
  }
}
