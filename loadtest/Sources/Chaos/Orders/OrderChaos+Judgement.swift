internal import Domain

/// What the ledger and Redis must have after a round, against what was told.
extension OrderChaos {
  func judge(_ history: RoundHistory, _ report: inout RoundReport) async throws {
    var recorded = 0
    for (index, sale) in sales.enumerated() {
      let sampler = samplers[index]
      await sampler.stop()
      report.breaches.merge(sampler.breaches)
      report.samples += sampler.samples
      var state = try await SaleReader(installation: installation).read(sale)
      state.largestSums = sampler.largestSums
      let result = SaleCheck(
        sale, index: index, state: state, log: crowd.log, history: history
      ).run()
      report.breaches.merge(result.breaches)
      report.lost += result.lost.count
      report.paid += state.orders.count(where: \.wasPaid)
      report.givenBack += state.orders.count { $0.status == .cancelled }
      report.operations[.lapses] += state.orders.count(where: \.isExpired)
      recorded += state.orders.count
    }
    report.recorded += recorded
    try await judgeCoupons(history, &report)
    try await judgeOperators(&report)
    count(&report)
    if recorded == 0 { report.breaches.add("no order was recorded: nothing was tested") }
  }

  private func judgeOperators(_ report: inout RoundReport) async throws {
    let money = try await MoneyReader(installation: installation).read(prefix)
    report.breaches.merge(
      MoneyCheck(state: money, outcomes: crowd.money.desk.log.outcomes).breaches)
    let stock = try await OpenStockReader(installation: installation).read(
      sales, prefix: crowd.stock.prefix)
    var pieces: [String: Int] = [:]
    for sale in sales {
      for (sku, count) in zip(sale.skus, sale.plan.pieces) { pieces[sku] = count }
    }
    report.breaches.merge(
      StockCheck(state: stock, outcomes: crowd.stock.desk.log.outcomes, pieces: pieces).breaches)
  }

  /// Adds up what was asked for.
  private func count(_ report: inout RoundReport) {
    let log = crowd.log
    let money = crowd.money.desk.log
    let stock = crowd.stock.desk.log
    let recalls = recalls?.records.reduce(0) { $0 + $1.attempts } ?? 0
    let settlements = log.settlements.filter { $0.startedAt != nil }
    let orders = log.count { $0.outcome != .unsent }
    report.requests += orders + settlements.count + money.attempts + stock.attempts + recalls
    report.granted += log.count { $0.told != nil }
    report.refused += log.count(\.outcome.isRefusal)
    report.unknown += log.everUnknown.count
    var counts = OperationCounts()
    counts[.orders] = orders
    counts[.payments] = settlements.count { $0.work.kind == .payment }
    counts[.cancellations] = settlements.count { $0.work.kind == .cancellation }
    counts[.refunds] = settlements.count { $0.work.kind.isRefund }
    counts[.recalls] = recalls
    counts[.adjustments] = stock.attempts
    counts[.walletChanges] = money.attempts
    counts[.duplicates] =
      log.duplicates + money.duplicates + stock.duplicates
      + max(0, recalls - recalledCampaigns.count)
    report.operations.merge(counts)
  }

  private func judgeCoupons(_ history: RoundHistory, _ report: inout RoundReport) async throws {
    guard let log = claimants?.log else { return }
    for (index, campaign) in campaigns.enumerated() {
      let state = try await CampaignReader(installation: installation).read(campaign)
      let result = CampaignCheck(
        campaign, index: index, state: state, log: log, wipes: history.wipes,
        recoveredAt: history.recoveredAt
      ).run()
      report.breaches.merge(result.breaches)
      report.lost += result.lost.count
      report.recorded += state.rows.count
      if campaign.plan.recalledAfter != nil {
        report.breaches.merge(judgeRecall(index, campaign, state, history))
      }
    }
    report.operations[.claims] += log.count { $0.outcome != .unsent }
    report.operations[.duplicates] += log.duplicates
    report.requests += log.count { $0.outcome != .unsent }
    report.granted += log.count { $0.told != nil }
    report.refused += log.count { $0.outcome == .soldOut }
    report.unknown += log.everUnknown.count
  }
  private func judgeRecall(
    _ index: Int, _ campaign: ChaosCampaign, _ state: CampaignState, _ history: RoundHistory
  ) -> Breaches {
    guard let log = claimants?.log, let recalls else { return Breaches() }
    var paidFrom: [Identifier: UInt64] = [:]
    for settlement in crowd.log.settlements where settlement.work.kind == .payment {
      guard let moment = settlement.startedAt else { continue }
      paidFrom[settlement.work.order] = min(paidFrom[settlement.work.order] ?? .max, moment)
    }
    return RecallCheck(
      campaign: campaign, rows: state.rows, record: recalls.records[index - sales.count],
      claims: log.claims.filter { log.intents[$0.intent].campaign == index },
      paidFrom: paidFrom, recoveredAt: history.recoveredAt
    ).breaches
  }
}
