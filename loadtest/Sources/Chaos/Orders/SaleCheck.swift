internal import Domain

/// Compares one sale's ledger with what its buyers were told, and with Redis: a function of what was
/// seen.
struct SaleCheck {
  let sale: ChaosSale
  let state: SaleState
  let history: RoundHistory
  /// The orders of this sale that were asked for, with their intents.
  let asked: [(intent: OrderIntent, number: Int, order: LoggedOrder)]
  /// Each settlement of this sale that was tried, and all that came of it.
  let settlements: [LoggedSettlement.Work: [LoggedSettlement.Outcome]]

  /// All that was told of each settlement that was done; see ``AnswerDigest``.
  let answers: [LoggedSettlement.Work: Set<UInt64>]

  let rowOfOrder: [Identifier: RecordedOrder]
  let refundsOfOrder: [Identifier: [RecordedRefund]]
  /// By the number of the intent, what its user was told.
  let toldOfIntent: [Int: Set<LoggedOrder.Told>]

  init(
    _ sale: ChaosSale, index: Int, state: SaleState, log: OrderLog, history: RoundHistory
  ) {
    self.sale = sale
    self.state = state
    self.history = history
    asked = log.orders.compactMap { order in
      let intent = log.intents[order.intent]
      return intent.sale == index ? (intent, order.intent, order) : nil
    }
    var settlements: [LoggedSettlement.Work: [LoggedSettlement.Outcome]] = [:]
    var answers: [LoggedSettlement.Work: Set<UInt64>] = [:]
    for settlement in log.settlements where log.intents[settlement.work.intent].sale == index {
      settlements[settlement.work, default: []].append(settlement.outcome)
      if let answer = settlement.answer { answers[settlement.work, default: []].insert(answer) }
    }
    self.settlements = settlements
    self.answers = answers
    rowOfOrder = Dictionary(state.orders.map { ($0.order, $0) }) { first, _ in first }
    refundsOfOrder = Dictionary(grouping: state.refunds, by: \.order)
    var told: [Int: Set<LoggedOrder.Told>] = [:]
    for item in asked {
      if let answer = item.order.told { told[item.number, default: []].insert(answer) }
    }
    toldOfIntent = told
  }

  /// What a check found.
  struct Result {
    var breaches = Breaches()
    /// Orders that clients were told of and that a wipe took away, as `hot` allows.
    var lost: Set<Identifier> = []
  }

  func run() -> Result {
    var result = Result()
    checkTold(&result)
    checkRefusals(&result.breaches)
    checkSoldOut(&result.breaches)
    checkOrders(&result.breaches)
    checkUsers(&result.breaches)
    checkSettlements(&result.breaches)
    checkRefunds(&result.breaches)
    checkLapses(&result.breaches)
    checkStock(&result.breaches)
    return result
  }

  // MARK: What clients were told

  private func checkTold(_ result: inout Result) {
    var owners: [Identifier: Int] = [:]
    for item in asked {
      guard let told = item.order.told else {
        if case .wrong(let answer) = item.order.outcome {
          result.breaches.add("\(name): \(answer)")
        }
        continue
      }
      let other = owners.updateValue(item.number, forKey: told.order)
      if let other, other != item.number {
        result.breaches.add("\(name): order \(told.order) is that of two keys")
      }
      guard let row = rowOfOrder[told.order] else {
        if mayBeLost(told.order, item.order) {
          result.lost.insert(told.order)
        } else {
          result.breaches.add(
            """
            \(name): \(sale.name(of: item.intent.user)) was told of order \(told.order), which is not \
            in the ledger
            """)
        }
        continue
      }
      checkRow(row, item.intent, told, &result.breaches)
    }
  }

  /// With `hot`, a wipe may take facts above the cursor, a loss of power those of the last second (with
  /// `everysec`), and nothing else may.
  private func mayBeLost(_ id: Identifier, _ order: LoggedOrder) -> Bool {
    guard sale.plan.acknowledgement == .hot else { return false }
    return history.wipes.contains {
      $0.mayHaveTaken(.order(id), askedAt: order.startedAt, toldAt: order.endedAt)
    }
  }

  /// The ledger has the order as the client was told.
  private func checkRow(
    _ row: RecordedOrder, _ intent: OrderIntent, _ told: LoggedOrder.Told,
    _ breaches: inout Breaches
  ) {
    let user = sale.name(of: intent.user)
    let lines = Dictionary(
      uniqueKeysWithValues: intent.lines.map { (sale.skus[$0.key], $0.value) })
    if row.user != user || row.total != told.total || row.lines != lines {
      breaches.add(
        """
        \(name): \(user) was told of order \(told.order) of \(lines) for \(told.total); the ledger has \
        \(row.lines) of \(row.user) for \(row.total)
        """)
    }
  }

  // MARK: The ledger by itself

  /// One order for one key, and none that nobody asked for.
  private func checkOrders(_ breaches: inout Breaches) {
    var known: Set<Identifier> = []
    for (number, told) in toldOfIntent {
      let recorded = told.map(\.order).filter { rowOfOrder[$0] != nil }
      known.formUnion(recorded)
      if recorded.count > 1 {
        breaches.add("\(name): the key of intent \(number) brought orders \(recorded)")
      }
    }
    for row in state.orders {
      if !known.contains(row.order) {
        breaches.add("\(name): nobody was told of order \(row.order) of \(row.user)")
      }
      if row.subtotal != row.pieces * SalePlan.price {
        breaches.add("\(name): order \(row.order) of \(row.pieces) pieces costs \(row.subtotal)")
      }
    }
  }

  private func checkUsers(_ breaches: inout Breaches) {
    guard sale.plan.perUserLimit > 0 else { return }
    var bought: [String: [String: Int]] = [:]
    for row in state.orders where row.wasPaid {
      bought[row.user, default: [:]].merge(row.lines, uniquingKeysWith: +)
    }
    for (user, skus) in bought {
      for (sku, pieces) in skus where pieces > sale.plan.perUserLimit {
        breaches.add("\(name): \(user) bought \(pieces) of \(sku)")
      }
    }
  }

  var name: String {
    "sale \(sale.prefix.dropLast()) (\(sale.plan.acknowledgement.rawValue))"
  }
}
