internal import Domain
internal import EventLoop

/// What users do with the orders that they were told of.
extension OrderCrowd {
  /// The share of settlements that are tried twice at once.
  private static let settlementTwinShare = 0.1
  /// A user settles an order within this share of its reservation's time: some come too late.
  private static let latestSettlement = 1.1
  /// How often a settlement without an answer is tried again while the round lasts.
  private static let attempts = 3

  /// Has an order paid, cancelled or refunded after a while, as its user means to.
  func settle(_ order: Identifier, _ intent: Int) {
    guard case .settle(let stages) = log.intents[intent].fate else { return }
    let time = sales[log.intents[intent].sale].plan.reservation
    let latest = time * Self.latestSettlement
    settling.append(
      loop.spawn { [self] in
        for stage in stages {
          await loop.sleep(for: numbers.duration(in: .zero...latest))
          let works = stage.map { LoggedSettlement.Work(intent: intent, order: order, kind: $0) }
          guard await carryOut(works) else { return }
        }
      })
  }

  /// Does all of a stage at the same moment; returns whether any of it was done.
  private func carryOut(_ works: [LoggedSettlement.Work]) async -> Bool {
    var isDone = false
    let tasks = works.map { work in
      loop.spawn { [self] in
        guard await insist(on: work) == .done else { return }
        isDone = true
        echo { [self] in await attempt(work) }
      }
    }
    for task in tasks { await task.value }
    return isDone
  }

  /// Tries a few times to have an answer, and sometimes twice at once.
  @discardableResult
  private func insist(on work: LoggedSettlement.Work) async -> LoggedSettlement.Outcome {
    let twin =
      numbers.chance(Self.settlementTwinShare)
      ? loop.spawn { [self] in await attempt(work) } : nil
    var outcome = await attempt(work)
    for _ in 1..<Self.attempts where !outcome.isFinal {
      await loop.sleep(for: Self.retryPause)
      outcome = await attempt(work)
    }
    _ = await twin?.value
    return outcome
  }

  @discardableResult
  func attempt(_ work: LoggedSettlement.Work) async -> LoggedSettlement.Outcome {
    let intent = log.intents[work.intent]
    let sale = sales[intent.sale]
    var settlement = LoggedSettlement(work: work, outcome: .unknown)
    if await isReady(for: work, sale, intent) {
      let request = OrderJudgement.settle(
        work, of: sale, token: work.kind.isRefund ? agent(of: sale) : token(of: intent))
      settlement.startedAt = EventLoop.nanoseconds()
      (settlement.outcome, settlement.answer) = await connections.ask(
        process: anyProcess(), request
      ) { result in
        let outcome = OrderJudgement.settled(result, work.kind)
        guard outcome == .done, case .success(let response) = result else { return (outcome, nil) }
        return (outcome, AnswerDigest.make(of: response.body))
      }
    }
    log.add(settlement)
    return settlement.outcome
  }

  /// Whoever pays has money.
  private func isReady(
    for work: LoggedSettlement.Work, _ sale: ChaosSale, _ intent: OrderIntent
  ) async -> Bool {
    guard work.kind == .payment else { return true }
    return await money.fill(sale.name(of: intent.user), of: sale.plan.tenant)
  }

  /// Refunds are an operator's: the days of return do not bind one.
  private func agent(of sale: ChaosSale) -> String {
    if let token = agents[sale.plan.tenant] { return token }
    let token = installation.token(user: "agent", of: sale.tenant, role: .operationsManager)
    agents[sale.plan.tenant] = token
    return token
  }
}
