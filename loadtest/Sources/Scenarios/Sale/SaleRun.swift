internal import Domain
internal import Embedded
internal import EventLoop
internal import Foundation

/// A run of whole sales: prepares, lets the crowd in, and judges turn by turn.
struct SaleRun: Sendable {
  let terms: SaleTerms
  let load: LoadOptions
  let arrivals: ArrivalSchedule
  let tokens: TokenOptions
  let databaseURL: String?

  /// The ledger to fill wallets in and to compare with; nil where it cannot be reached.
  private var ledger: String? {
    databaseURL ?? tokens.dataFolder.map { EmbeddedServers.postgres(in: $0).url }
  }

  /// - Throws: `ScenarioError` when the load could not begin or a turn not be made.
  func run(_ display: ProgressDisplay) async throws(ScenarioError) -> LoadRun.Result {
    let loop = EventLoop.start(name: "shoppers")
    defer { loop.stop() }
    do {
      return try await loop.submit { try await run(display, on: loop) }
    } catch let error as ScenarioError {
      throw error
    } catch {
      throw ScenarioError("\(error)")
    }
  }

  private func run(
    _ display: ProgressDisplay, on loop: EventLoop
  ) async throws -> LoadRun.Result {
    let source = try TokenSource(tokens)
    let store = try source.users(terms.users)
    guard store.count >= terms.users else {
      throw ScenarioError("\(store.count) tokens for \(terms.users) users")
    }
    let run = UUID().uuidString.prefix(8).lowercased()
    let administrator = try source.administrator(.appAdmin)
    try await fillWallets(store, administrator, run, loop)
    var room: Identifier?
    if let wish = terms.room {
      room = try await RoomMaker(
        client: HTTPClient(target: load.target, loop: loop), token: administrator
      ).make(wish)
    }
    let crowd = ShopperCrowd(
      plan: .init(terms: terms, load: load, arrivals: arrivals, room: room, run: run),
      tokens: store, loop: loop)
    let maker = TurnMaker(
      terms: terms, target: load.target, token: administrator, run: run, room: room, loop: loop)
    crowd.makeTurn = { try await maker.make($0) }
    return try await measure(crowd, store, display, loop)
  }

  private func measure(
    _ crowd: ShopperCrowd, _ store: TokenStore, _ display: ProgressDisplay, _ loop: EventLoop
  ) async throws -> LoadRun.Result {
    let judge = TurnJudge(
      terms: terms, target: load.target, tenant: tokens.tenant, databaseURL: ledger, tokens: store,
      loop: loop)
    var verdict = TurnJudge.Verdict()
    var judging: [Task<Void, Never>] = []
    crowd.onTurnDone = { turn in
      judging.append(loop.spawn { verdict.merge(await judge.judge(turn)) })
    }
    try await crowd.prepare()
    var watch = RunWatch(
      display, outcomes: ShopperOutcome.all, start: EventLoop.nanoseconds())
    let processorStart = ProcessorTime.ofThisProcess()
    let watcher = loop.spawn {
      while !Task.isCancelled {
        await loop.sleep(for: watch.interval)
        watch.look(
          crowd.tally, finished: crowd.done, queue: terms.room == nil ? crowd.active : crowd.queued)
      }
    }
    let failure: (any Error)?
    do {
      try await crowd.run()
      failure = nil
    } catch {
      failure = error
    }
    let length = watch.seconds
    let processorSeconds = ProcessorTime.ofThisProcess() - processorStart
    watcher.cancel()
    await watcher.value
    if let failure { throw failure }
    watch.end(crowd.tally, finished: crowd.done)
    for task in judging { await task.value }
    crowd.record.judgeRate()
    return LoadRun.Result(
      tally: crowd.tally, seconds: length, processorSeconds: processorSeconds,
      conclusion: conclusion(crowd, verdict, length), series: watch.series)
  }

  private func fillWallets(
    _ store: TokenStore, _ administrator: String, _ run: String, _ loop: EventLoop
  ) async throws {
    let credits = try (0..<terms.users).map { index in
      guard let user = store.user(of: index) else {
        throw ScenarioError("token \(index) does not say whose it is")
      }
      let payments = terms.abandons(index) ? 0 : terms.turns
      return (user: user, amount: payments == 0 ? 0 : payments * SaleTerms.price + SaleTerms.change)
    }
    if let ledger {
      try await LedgerFiller.fill(credits, url: ledger, tenant: tokens.tenant, loop: loop)
    } else {
      try await WalletFiller(
        load: load, token: administrator, run: run, credits: credits, loop: loop
      ).fill()
    }
  }

  // MARK: After

  private func conclusion(
    _ crowd: ShopperCrowd, _ verdict: TurnJudge.Verdict, _ seconds: Double
  ) -> Conclusion {
    var conclusion = Conclusion(breaches: crowd.breaches)
    conclusion.breaches.merge(crowd.record.breaches)
    conclusion.breaches.merge(verdict.breaches)
    func percentiles(_ histogram: LatencyHistogram) -> String {
      "P50 \(TextFormat.latency(histogram.percentile(50))), "
        + "P99 \(TextFormat.latency(histogram.percentile(99))), "
        + "longest \(TextFormat.latency(histogram.maximum))"
    }
    let rate = TextFormat.fixed(Double(crowd.done) / max(seconds, 0.001), 1)
    conclusion.facts = [
      ("shoppers", "\(TextFormat.grouped(crowd.came)), \(rate)/s"),
      ("sales", TextFormat.grouped(verdict.turns)),
      ("coupons acknowledged", TextFormat.grouped(verdict.coupons)),
      ("orders acknowledged", TextFormat.grouped(verdict.orders)),
      ("of them paid", TextFormat.grouped(verdict.paid)),
      ("from coming to having paid", percentiles(crowd.purchases)),
    ]
    if terms.room != nil {
      conclusion.facts += [
        ("admitted", TextFormat.grouped(crowd.record.admitted)),
        ("most inside", TextFormat.grouped(crowd.record.mostInside)),
        ("waited for admission", percentiles(crowd.waits)),
        ("rate of admissions checked", crowd.record.rateCheck),
      ]
    }
    if ledger == nil {
      conclusion.facts.append(("ledger", "not compared: neither --data nor --database"))
    } else {
      conclusion.facts += [
        ("given back or lapsed", TextFormat.grouped(verdict.cancelled)),
        (
          "latest release after a deadline",
          TextFormat.fixed(max(0, verdict.latestRelease), 2) + " s"
        ),
        ("rows of the ledger compared", TextFormat.grouped(verdict.compared)),
      ]
    }
    return conclusion
  }
}
