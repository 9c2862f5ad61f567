internal import Domain

/// What a user wants: one order at most, however often it is asked for, and what is to become of it.
struct OrderIntent: Sendable, Equatable {
  /// An index into the round's sales.
  let sale: Int
  let user: Int
  let key: String
  /// Pieces of SKUs, by the sale's index of the SKU.
  let lines: [Int: Int]
  /// What takes some off the price.
  var coupon: Identifier?
  let fate: Fate

  /// What the user means to do with the order.
  enum Fate: Sendable, Equatable {
    case abandon
    /// In stages: all of one stage at the same moment, to see one of them win; the next one once
    /// something of it was done.
    case settle([[Settlement]])
  }

  enum Settlement: Sendable, Hashable {
    case payment, cancellation
    /// Refunds of one order are numbered.
    case refund(number: Int, Portion)

    var isRefund: Bool {
      if case .refund = self { true } else { false }
    }
  }

  /// What of an order is to go back.
  enum Portion: Sendable, Hashable {
    /// All that is left.
    case everything
    /// Minor units.
    case amount(Int)
    /// Pieces of SKUs, by the sale's index of the SKU.
    case lines([Int: Int])
  }

  var pieces: Int { lines.values.reduce(0, +) }
}

/// One request to place an order, as the client saw it.
struct LoggedOrder: Sendable, Equatable {
  /// An index into the log's intents.
  let intent: Int
  /// On the monotonic clock, in nanoseconds.
  let startedAt: UInt64
  let endedAt: UInt64
  let outcome: Outcome

  enum Outcome: Sendable, Equatable {
    /// 201.
    case reserved(Told)
    /// There was too little of something.
    case soldOut
    /// The user has too much, or the coupon is over.
    case refused
    /// It may have taken effect, or not.
    case unknown
    /// It never reached a server.
    case unsent
    /// An answer that no order may get.
    case wrong(String)

    var isRefusal: Bool { self == .soldOut || self == .refused }
  }

  /// An order that a client was told of.
  struct Told: Sendable, Hashable {
    let order: Identifier
    /// Minor units.
    let total: Int
  }

  var told: Told? {
    guard case .reserved(let told) = outcome else { return nil }
    return told
  }
}

/// One attempt to pay, cancel or refund an order, as the client saw it.
struct LoggedSettlement: Sendable, Equatable {
  let work: Work
  var outcome: Outcome
  /// On the monotonic clock, in nanoseconds; nil when nothing was sent.
  var startedAt: UInt64?
  /// Stands for what was told; see ``AnswerDigest``. Nil when it was not done.
  var answer: UInt64?

  /// What is to be done to an order; the same however often it is tried.
  struct Work: Sendable, Hashable {
    /// An index into the log's intents.
    let intent: Int
    let order: Identifier
    let kind: OrderIntent.Settlement
  }

  enum Outcome: Sendable, Equatable {
    /// By this attempt or by an earlier one of the same work.
    case done
    /// The order's state does not allow it.
    case refused
    /// Something else is against it: the balance, a coupon, a rule.
    case declined
    /// There is no such order.
    case notFound
    case unknown
    case wrong(String)

    /// Whether asking again is of use.
    var isFinal: Bool { self != .unknown }
  }
}

/// All that the buyers of a round asked for and saw. Loop-confined.
final class OrderLog {
  private(set) var intents: [OrderIntent] = []
  private(set) var orders: [LoggedOrder] = []
  private(set) var settlements: [LoggedSettlement] = []
  /// Intents whose last request has no usable answer.
  private(set) var unresolved: Set<Int> = []
  /// Intents that were without an answer at some time.
  private(set) var everUnknown: Set<Int> = []
  /// Settlements without an answer.
  private(set) var unsettled: Set<LoggedSettlement.Work> = []

  func add(_ intent: OrderIntent) -> Int {
    intents.append(intent)
    return intents.count - 1
  }

  func add(_ order: LoggedOrder) {
    orders.append(order)
    switch order.outcome {
    case .unknown:
      unresolved.insert(order.intent)
      everUnknown.insert(order.intent)
    case .unsent: unresolved.insert(order.intent)
    case .reserved, .soldOut, .refused, .wrong: unresolved.remove(order.intent)
    }
  }

  func add(_ settlement: LoggedSettlement) {
    settlements.append(settlement)
    if settlement.outcome.isFinal {
      unsettled.remove(settlement.work)
    } else {
      unsettled.insert(settlement.work)
    }
  }

  /// Requests for what had been asked for before, with the same key.
  var duplicates: Int {
    orders.count - Set(orders.map(\.intent)).count + settlements.count
      - Set(settlements.map(\.work)).count
  }

  /// How many requests to place an order ended in a way.
  func count(_ matches: (LoggedOrder) -> Bool) -> Int { orders.count(where: matches) }
}
