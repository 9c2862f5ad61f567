internal import Domain
internal import EventLoop
internal import Foundation

/// A run of orders that are paid, in its three parts: the sale and the wallets are made, the buyers come,
/// and answers, payments and wallets are compared. Loop-confined.
final class OrderPayRun {
  /// What the buyers brought.
  struct Course: Sendable {
    let tally: Tally
    let series: TimeSeries
    /// From the first planned arrival to the last answer.
    let seconds: Double
    /// CPU time of this process meanwhile, in seconds.
    let processorSeconds: Double
    /// Orders that buyers were told are paid.
    let paid: Int

    /// Latencies of payments, from the moments at which they were due.
    var payments: LatencyHistogram { tally.outcomes[OrderPayOutcome.paid.rawValue] }
    /// Paid orders a second.
    var rate: Double { Double(paid) / max(seconds, 0.001) }
  }

  private let options: OrderPayOptions
  private let load: LoadOptions
  private let tokens: TokenStore
  private let plan: BuyerCrowd.Plan
  private let crowd: BuyerCrowd
  private let loop: EventLoop

  // MARK: Before

  /// Makes the sale, and fills the wallets of its buyers.
  ///
  /// - Parameter firstUser: the number of the first buyer, where no file has the tokens.
  init(
    _ options: OrderPayOptions, _ load: LoadOptions, firstUser: Int = 1, loop: EventLoop
  ) async throws {
    let source = try TokenSource(options.tokens)
    let tokens = try source.users(options.users, from: firstUser)
    guard tokens.count >= options.users else {
      throw ScenarioError("\(tokens.count) tokens for \(options.users) users")
    }
    let plan = try await Self.prepare(options, load, source, tokens, loop)
    self.options = options
    self.load = load
    self.tokens = tokens
    self.plan = plan
    self.loop = loop
    crowd = BuyerCrowd(plan: plan, options: options, load: load, tokens: tokens, loop: loop)
  }

  private static func prepare(
    _ options: OrderPayOptions, _ load: LoadOptions, _ source: TokenSource, _ tokens: TokenStore,
    _ loop: EventLoop
  ) async throws -> BuyerCrowd.Plan {
    let run = UUID().uuidString.prefix(8).lowercased()
    let administrator = try source.administrator(.appAdmin)
    let (price, change) = (OrderPayScenario.price, OrderPayScenario.change)
    let credits = try (0..<options.users).map { index in
      guard let user = tokens.user(of: index) else {
        throw ScenarioError("token \(index) does not say whose it is")
      }
      return (user: user, amount: options.isPoor(index) ? 0 : price + change)
    }
    if let url = options.ledger {
      try await LedgerFiller.fill(credits, url: url, tenant: options.tokens.tenant, loop: loop)
    } else {
      try await WalletFiller(
        load: load, token: administrator, run: run, credits: credits, loop: loop
      ).fill()
    }
    let skus = (1...options.skus).map { "LT-\(run)-\($0)" }
    let pieces = options.users / options.skus + 1
    let maker = SaleMaker(
      client: HTTPClient(target: load.target, loop: loop), token: administrator, loop: loop)
    let sale = try await maker.make(
      .init(
        skus: skus, pieces: skus.map { _ in pieces }, price: price,
        acknowledge: options.acknowledge, cell: options.cell))
    return BuyerCrowd.Plan(
      sale: sale, skus: skus, price: price, host: load.target.host, run: "-\(run)-")
  }

  // MARK: During

  /// Lets the buyers come; returns when the last is through.
  func buy(_ display: ProgressDisplay) async throws -> Course {
    let start = EventLoop.nanoseconds()
    var watch = RunWatch(display, outcomes: OrderPayOutcome.all, start: start)
    let processorStart = ProcessorTime.ofThisProcess()
    let watcher = loop.spawn { [crowd, loop] in
      while !Task.isCancelled {
        await loop.sleep(for: watch.interval)
        watch.look(
          crowd.tally, finished: crowd.done, queue: crowd.waiting(at: EventLoop.nanoseconds()))
      }
    }
    try await crowd.run(
      ArrivalSchedule(shape: load.shape, count: options.users, rate: load.rate))
    let length = watch.seconds
    let processorSeconds = ProcessorTime.ofThisProcess() - processorStart
    watcher.cancel()
    await watcher.value
    watch.end(crowd.tally, finished: crowd.done)
    return Course(
      tally: crowd.tally, series: watch.series, seconds: length,
      processorSeconds: processorSeconds, paid: crowd.acknowledged.count)
  }

  // MARK: After

  /// Judges the run.
  func conclude(_ course: Course) async -> Conclusion {
    let percentile95 = course.payments.percentile(95)
    var conclusion = Conclusion(breaches: crowd.breaches)
    conclusion.facts = [
      ("sale", "\(plan.sale)"),
      (
        "paid orders",
        "\(TextFormat.grouped(course.paid)), \(TextFormat.grouped(Int(course.rate)))/s"
      ),
      ("payments' P95", TextFormat.latency(percentile95)),
      (
        "from the order to its payment",
        "P50 \(TextFormat.latency(crowd.orderToPaid.percentile(50))), "
          + "P95 \(TextFormat.latency(crowd.orderToPaid.percentile(95)))"
      ),
    ]
    if let longest = options.longestPaymentP95, percentile95 > longest {
      conclusion.missed.append(
        "the payments' P95 is \(TextFormat.latency(percentile95)), the objective "
          + TextFormat.latency(longest))
    }
    if let fewest = options.fewestPaid, course.rate < Double(fewest) {
      conclusion.missed.append(
        "\(Int(course.rate)) orders a second were paid, the objective \(fewest)")
    }
    await compareWithLedger(&conclusion)
    return conclusion
  }

  private func compareWithLedger(_ conclusion: inout Conclusion) async {
    guard let url = options.ledger else {
      conclusion.facts.append(("ledger", "not compared: neither --data nor --database"))
      return
    }
    do {
      let ledger = try await LedgerPayments(
        url: url, tenant: options.tokens.tenant, sale: plan.sale, loop: loop)
      defer { ledger.close() }
      let comparison = PaymentComparison(
        told: crowd.acknowledged, payments: try await ledger.all(),
        unpaid: try await ledger.paidWithoutPayment(),
        secondOrders: try await ledger.secondOrders(), price: plan.price, name: tokens.user(of:))
      conclusion.facts.append(
        ("payments in the ledger", TextFormat.grouped(comparison.payments.count)))
      conclusion.breaches.merge(comparison.breaches)
    } catch {
      conclusion.breaches.add("the ledger could not be compared: \(error)")
    }
  }
}
