internal import Domain
internal import EventLoop
internal import Foundation
internal import Postgres

/// The whole way of money: every user orders a piece of a new sale and pays it from its wallet. Orders come
/// at a rate that does not wait for anybody; every answer is checked; afterwards answers, payments and
/// wallets are compared.
final class OrderPayScenario: LoadScenario {
  static let name = "order-pay"
  static let summary = "users order a piece each of a new sale and pay it from their wallets"
  static let options = OrderPayOptions.options

  let outcomes = OrderPayOutcome.all
  /// What progress is told by: buyers, however often each asks.
  var requestCount: Int { options.users }
  private let load: LoadOptions
  private let options: OrderPayOptions

  /// Minor units of a piece.
  static let price = 129_000
  /// What is in a wallet beside the price.
  static let change = 1_000

  init(arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    self.load = load
    options = try OrderPayOptions(arguments, load: load)
  }

  func run(_ display: ProgressDisplay) async throws(ScenarioError) -> LoadRun.Result {
    let loop = EventLoop.start(name: "buyers")
    defer { loop.stop() }
    let (load, options) = (load, options)
    do {
      return try await loop.submit { try await Self.run(options, load, display, loop) }
    } catch let error as ScenarioError {
      throw error
    } catch {
      throw ScenarioError("\(error)")
    }
  }

  private static func run(
    _ options: OrderPayOptions, _ load: LoadOptions, _ display: ProgressDisplay, _ loop: EventLoop
  ) async throws -> LoadRun.Result {
    let source = try TokenSource(options.tokens)
    let tokens = try source.users(options.users)
    guard tokens.count >= options.users else {
      throw ScenarioError("\(tokens.count) tokens for \(options.users) users")
    }
    let plan = try await prepare(options, load, source, tokens, loop)
    let crowd = BuyerCrowd(plan: plan, options: options, load: load, tokens: tokens, loop: loop)
    let start = EventLoop.nanoseconds()
    var watch = RunWatch(display, outcomes: OrderPayOutcome.all, start: start)
    let processorStart = ProcessorTime.ofThisProcess()
    let watcher = loop.spawn {
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
    let conclusion = await conclude(crowd, plan, options, tokens, length, loop)
    return LoadRun.Result(
      tally: crowd.tally, seconds: length, processorSeconds: processorSeconds,
      conclusion: conclusion, series: watch.series)
  }

  /// Makes the sale and fills the wallets.
  private static func prepare(
    _ options: OrderPayOptions, _ load: LoadOptions, _ source: TokenSource, _ tokens: TokenStore,
    _ loop: EventLoop
  ) async throws -> BuyerCrowd.Plan {
    let run = UUID().uuidString.prefix(8).lowercased()
    let administrator = try source.administrator(.appAdmin)
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

  // MARK: After

  private static func conclude(
    _ crowd: BuyerCrowd, _ plan: BuyerCrowd.Plan, _ options: OrderPayOptions,
    _ tokens: TokenStore, _ seconds: Double, _ loop: EventLoop
  ) async -> Conclusion {
    let told = crowd.acknowledged
    let paid = crowd.tally.outcomes[OrderPayOutcome.paid.rawValue]
    let rate = Double(told.count) / max(seconds, 0.001)
    let percentile95 = paid.percentile(95)
    var conclusion = Conclusion(breaches: crowd.breaches)
    conclusion.facts = [
      ("sale", "\(plan.sale)"),
      ("paid orders", "\(TextFormat.grouped(told.count)), \(TextFormat.grouped(Int(rate)))/s"),
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
    if let fewest = options.fewestPaid, rate < Double(fewest) {
      conclusion.missed.append("\(Int(rate)) orders a second were paid, the objective \(fewest)")
    }
    await compareWithLedger(told, plan, options, tokens, loop, &conclusion)
    return conclusion
  }

  private static func compareWithLedger(
    _ told: [AcknowledgedPayment], _ plan: BuyerCrowd.Plan, _ options: OrderPayOptions,
    _ tokens: TokenStore, _ loop: EventLoop, _ conclusion: inout Conclusion
  ) async {
    guard let url = options.ledger else {
      conclusion.facts.append(("ledger", "not compared: neither --data nor --database"))
      return
    }
    do {
      let ledger = try await LedgerPayments(
        url: url, tenant: options.tokens.tenant, sale: plan.sale, loop: loop)
      defer { ledger.close() }
      let comparison = PaymentComparison(
        told: told, payments: try await ledger.all(),
        unpaid: try await ledger.paidWithoutPayment(), price: plan.price,
        name: tokens.user(of:))
      conclusion.facts.append(
        ("payments in the ledger", TextFormat.grouped(comparison.payments.count)))
      conclusion.breaches.merge(comparison.breaches)
    } catch {
      conclusion.breaches.add("the ledger could not be compared: \(error)")
    }
  }
}
