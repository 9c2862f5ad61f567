import Domain

@testable import spillway_loadtest

/// A round of one SKU that can be told step by step, and what the ledger holds after it.
struct SaleRound {
  var sale: ChaosSale
  let log = OrderLog()
  var rows: [RecordedOrder] = []
  var refunds: [RecordedRefund] = []
  var history = RoundHistory(recoveredAtTime: 0)
  var clock: UInt64 = 0
  var level: StockLevel?
  var levelInRedis: StockLevel?
  var largestSum = 10

  init(_ acknowledgement: CampaignPlan.Acknowledgement = .hot, limit: Int = 0) {
    sale = ChaosSale(
      id: Identifier(high: 7, low: 7),
      plan: SalePlan(
        acknowledgement: acknowledgement, hasOwnCell: false, pieces: [10], perUserLimit: limit,
        users: 100, reservation: .seconds(1), tenant: 0),
      tenant: ChaosTenant.all[0], skus: ["A"], prefix: "u-")
  }

  static func order(_ number: Int) -> Identifier { Identifier(high: 9, low: UInt64(number)) }

  /// A user asks for a piece under the key of that number, and hears of an order.
  mutating func told(_ user: Int, _ number: Int, key: Int? = nil, pieces: Int = 1) {
    ask(
      user,
      .reserved(.init(order: Self.order(number), total: pieces * SalePlan.price)),
      key: key ?? number, pieces: pieces)
  }

  mutating func ask(
    _ user: Int, _ outcome: LoggedOrder.Outcome, key: Int, pieces: Int = 1
  ) {
    let known = log.intents.firstIndex { $0.key == "\(key)" && $0.user == user }
    let intent =
      known
      ?? log.add(
        OrderIntent(sale: 0, user: user, key: "\(key)", lines: [0: pieces], fate: .abandon))
    log.add(
      LoggedOrder(intent: intent, startedAt: clock + 1, endedAt: clock + 2, outcome: outcome))
    clock += 10
  }

  mutating func settle(
    _ number: Int, _ kind: OrderIntent.Settlement, _ outcome: LoggedSettlement.Outcome,
    answer: UInt64? = nil
  ) {
    log.add(
      LoggedSettlement(
        work: .init(intent: 0, order: Self.order(number), kind: kind), outcome: outcome,
        answer: answer))
  }

  /// The ledger has an order.
  mutating func record(
    _ user: Int, _ number: Int, _ status: OrderStatus = .cancelled, pieces: Int = 1,
    reason: String? = "expired", paidAt: Int? = nil, cancelledAt: Int? = 2000
  ) {
    rows.append(
      RecordedOrder(
        order: Self.order(number), user: sale.name(of: user), status: status,
        subtotal: pieces * SalePlan.price, total: pieces * SalePlan.price, lines: ["A": pieces],
        reason: status == .cancelled ? reason : nil, reservedUntil: 1000,
        paidAt: status == .paid ? 500 : paidAt,
        cancelledAt: status == .cancelled ? cancelledAt : nil))
  }

  /// Money of an order went back, and perhaps pieces: by the refund of that index, or by the order's
  /// cancellation.
  mutating func refund(
    _ number: Int, _ amount: Int = SalePlan.price, restocked: Int = 0, index: Int? = nil
  ) {
    refunds.append(
      RecordedRefund(
        order: Self.order(number), amount: amount,
        reason: index.map(OrderJudgement.refundReason) ?? OrderJudgement.reason,
        lines: restocked > 0 ? ["A": restocked] : [:], isRestocked: true))
  }

  /// Redis is wiped, with orders that the ledger did not have.
  mutating func wipe(_ unrecorded: [Int]) {
    history.wipes.append(
      WipeRecord(
        unrecorded: Set(unrecorded.map { .order(Self.order($0)) }), moment: clock))
    clock += 10
  }

  /// Redis loses its power, and with it what was told since a moment at most.
  mutating func losePower(keptUntil: UInt64) {
    history.wipes.append(WipeRecord(isUncertain: true, moment: clock, keptUntil: keptUntil))
    clock += 10
  }

  func result() -> SaleCheck.Result {
    let sold = rows.filter(\.wasPaid).reduce(0) { $0 + $1.pieces }
    let returned = refunds.reduce(0) { $0 + ($1.restocked["A"] ?? 0) }
    let level = self.level ?? StockLevel(received: 10 + returned, sold: sold)
    let state = SaleState(
      orders: rows, refunds: refunds, levels: [level], levelsInRedis: [levelInRedis ?? level],
      largestSums: [largestSum])
    return SaleCheck(sale, index: 0, state: state, log: log, history: history).run()
  }

  var breaches: Int { result().breaches.count }
}
