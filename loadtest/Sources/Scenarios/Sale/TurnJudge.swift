internal import Domain
internal import EventLoop
internal import Postgres

/// Compares what the shoppers of a turn were told with itself and with the ledger, once nothing of it is
/// pending any more. Loop-confined.
struct TurnJudge {
  let terms: SaleTerms
  let target: Target
  let tenant: TenantID
  /// Nil where the ledger cannot be reached.
  let databaseURL: String?
  let tokens: TokenStore
  let loop: EventLoop

  /// What the turns of a run came to.
  struct Verdict {
    var breaches = Breaches()
    var turns = 0
    var coupons = 0
    var orders = 0
    var paid = 0
    var cancelled = 0
    /// Rows of the ledger that were compared.
    var compared = 0
    var latestRelease = 0.0

    mutating func merge(_ other: Verdict) {
      breaches.merge(other.breaches)
      turns += other.turns
      coupons += other.coupons
      orders += other.orders
      paid += other.paid
      cancelled += other.cancelled
      compared += other.compared
      latestRelease = max(latestRelease, other.latestRelease)
    }
  }

  /// How long the ledger may take beyond the last deadline.
  static let slack: Duration = .seconds(20)

  func judge(_ turn: SaleTurn) async -> Verdict {
    var verdict = Verdict(turns: 1, orders: turn.orders.count, paid: turn.payments.count)
    let told = turn.claims.acknowledged { $0 }
    verdict.coupons = told.count
    verdict.breaches.merge(turn.claims.breaches)
    verdict.breaches.merge(ClaimCheck.sequences(told))
    verdict.breaches.merge(
      ClaimCheck.soldOut(
        refused: turn.couponRefusals, told: told.count, unanswered: turn.unansweredClaims,
        quantity: terms.coupons))
    verdict.breaches.merge(OrderDemand.breaches(of: [turn.demand], pieces: terms.spread))
    guard let databaseURL else { return verdict }
    do {
      try await compare(told, turn, databaseURL, &verdict)
    } catch {
      verdict.breaches.add("the ledger could not be compared: \(error)")
    }
    return verdict
  }

  private func compare(
    _ told: [AcknowledgedCoupon], _ turn: SaleTurn, _ url: String, _ verdict: inout Verdict
  ) async throws {
    // Until then somebody may still pay.
    await loop.sleep(for: .seconds(terms.reservationSeconds))
    let reader = try await LedgerReader(url: url, loop: loop)
    defer { reader.close() }
    _ = try await reader.waitForRows(told.count, of: turn.campaign, deadline: Self.slack)
    let coupons = try await reader.coupons(of: turn.campaign)
    verdict.breaches.merge(
      LedgerComparison.breaches(
        acknowledged: told, rows: coupons, quantity: terms.coupons, name: tokens.user(of:)))
    let ledger = try await LedgerOrders(url: url, tenant: tenant, sale: turn.sale, loop: loop)
    defer { ledger.close() }
    _ = try await ledger.waitUntilSettled(deadline: Self.slack)
    let comparison = OrderComparison(
      told: turn.orders, orders: try await ledger.all(), pieces: terms.spread,
      readings: await settledReadings(turn), price: SaleTerms.price, name: tokens.user(of:))
    verdict.breaches.merge(comparison.breaches)
    verdict.cancelled = comparison.count(.cancelled)
    verdict.latestRelease = comparison.orders.compactMap(\.cancelledAfter).max() ?? 0
    let payments = try await LedgerPayments(
      url: url, tenant: tenant, sale: turn.sale, loop: loop)
    defer { payments.close() }
    let rows = try await payments.all()
    verdict.breaches.merge(
      PaymentComparison(
        told: turn.payments, payments: rows, unpaid: try await payments.paidWithoutPayment(),
        price: SaleTerms.price, name: tokens.user(of:)
      ).breaches)
    verdict.compared = coupons.count + comparison.orders.count + rows.count
  }

  /// The stock once the cell knows of the last release; what it is then, when it takes too long.
  private func settledReadings(_ turn: SaleTurn) async -> [StockSampler.Reading]? {
    let sampler = StockSampler(
      clients: [HTTPClient(target: target, loop: loop)], sale: turn.sale, skus: turn.skus,
      pieces: terms.spread, loop: loop)
    let end = loop.milliseconds + Self.slack.milliseconds
    while true {
      let readings = await sampler.readings()
      let isSettled = readings?.allSatisfy { $0.reserved == 0 } ?? false
      if isSettled || loop.milliseconds >= end { return readings }
      await loop.sleep(for: .milliseconds(100))
    }
  }
}
