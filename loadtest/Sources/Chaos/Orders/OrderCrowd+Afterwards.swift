internal import EventLoop

/// What is asked once a round's faults are over.
extension OrderCrowd {
  /// Waits for what users still mean to do.
  func finish() async {
    while let task = settling.popLast() { await task.value }
    await money.desk.finish()
    await stock.desk.finish()
  }

  /// Asks again for every order that has no answer, until it has one or a moment has come.
  func resolveOrders(clients count: Int, until end: UInt64) async {
    while !log.unresolved.isEmpty, EventLoop.nanoseconds() < end {
      await clients.work(through: Array(log.unresolved), clients: count, until: end) {
        [self] intent in
        let outcome = await place(intent)
        if outcome == .unknown || outcome == .unsent { await loop.sleep(for: Self.retryPause) }
      }
    }
  }

  /// Tries again everything else that has no answer, until it has one or a moment has come.
  func resolveSettlements(clients count: Int, until end: UInt64) async {
    while !log.unsettled.isEmpty, EventLoop.nanoseconds() < end {
      await clients.work(through: Array(log.unsettled), clients: count, until: end) {
        [self] work in
        if !(await attempt(work)).isFinal { await loop.sleep(for: Self.retryPause) }
      }
    }
    await money.desk.resolve(clients: clients, count: count, until: end)
    await stock.desk.resolve(clients: clients, count: count, until: end)
  }

  /// How much has no answer.
  var unanswered: Int {
    log.unresolved.count + log.unsettled.count + money.desk.log.unresolved.count
      + stock.desk.log.unresolved.count
  }

  /// Asks again for orders that were granted, and for settlements that were done: the answers must be
  /// the same.
  func repeatSample(of count: Int, clients: Int) async {
    let granted = Array(Set(log.orders.filter { $0.told != nil }.map(\.intent))).sorted()
    let done = log.settlements.filter { $0.outcome == .done }.map(\.work)
    await self.clients.work(through: sample(of: count, from: granted), clients: clients) {
      [self] intent in await place(intent)
    }
    await self.clients.work(through: sample(of: count, from: done), clients: clients) {
      [self] work in await attempt(work)
    }
    await money.desk.repeatSample(of: count, clients: self.clients)
    await stock.desk.repeatSample(of: count, clients: self.clients)
  }

  private func sample<Element>(of count: Int, from elements: [Element]) -> [Element] {
    (0..<min(count, elements.count)).compactMap { _ in elements.randomElement(using: &numbers) }
  }
}
