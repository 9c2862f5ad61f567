internal import Domain
internal import Embedded
internal import EventLoop
internal import Postgres

/// A flash sale: every user claims a coupon of one campaign, some again. Every answer is checked,
/// and at the end what was acknowledged is compared with the ledger.
final class ClaimScenario: Scenario {
  static let name = "claim"
  static let summary = "users claim the coupons of a new campaign, each once and some again"
  static let options = ClaimOptions.options

  /// How long the ledger may take to catch up after the last answer.
  static let ledgerDeadline: Duration = .seconds(30)

  let outcomes = ClaimOutcome.all
  var requestCount: Int { options.users + options.repeats }

  let load: LoadOptions
  private let options: ClaimOptions
  private var tokens = TokenStore()
  private var campaign: Identifier

  init(arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    self.load = load
    options = try ClaimOptions(arguments, load: load)
    campaign = options.campaign ?? Identifier(high: 0, low: 0)
  }

  // MARK: Before

  func prepare(on loop: EventLoop) async throws(ScenarioError) {
    let source = try TokenSource(options.tokens)
    tokens = try source.users(options.users)
    guard tokens.count >= options.users else {
      throw ScenarioError("\(tokens.count) tokens for \(options.users) users")
    }
    if options.campaign == nil {
      let client = HTTPClient(target: load.target, loop: loop)
      campaign = try await CampaignMaker(
        client: client, token: try source.administrator(.marketingManager)
      )
      .make(quantity: options.quantity, acknowledge: options.acknowledge)
    }
  }

  func makeDriver(for share: ScheduleShare) -> any RequestDriver {
    ClaimDriver(
      share: share, users: options.users, tokens: tokens, campaign: campaign,
      quantity: options.quantity, host: load.target.host)
  }

  // MARK: After

  func conclude(
    drivers: [any RequestDriver], tally: Tally, on loop: EventLoop
  ) async -> Conclusion {
    var conclusion = Conclusion()
    var told: [AcknowledgedCoupon] = []
    for case let driver as ClaimDriver in drivers {
      conclusion.breaches.merge(driver.record.breaches)
      told.append(contentsOf: driver.acknowledged)
    }
    conclusion.facts.append(("campaign", campaign.description))
    conclusion.facts.append(("coupons acknowledged", TextFormat.grouped(told.count)))
    conclusion.breaches.merge(ClaimCheck.sequences(told))
    let complete = tally.started == requestCount
    if options.campaign == nil, complete { checkTotals(told.count, tally, &conclusion) }
    await compareWithLedger(told, on: loop, &conclusion)
    return conclusion
  }

  private func checkTotals(_ told: Int, _ tally: Tally, _ conclusion: inout Conclusion) {
    func count(_ outcome: ClaimOutcome) -> Int { Int(tally.outcomes[outcome.rawValue].count) }
    let unanswered = count(.failed) + count(.unavailable) + count(.rateLimited) + count(.wrong)
    conclusion.breaches.merge(
      ClaimCheck.soldOut(
        refused: count(.soldOut), told: told, unanswered: unanswered, quantity: options.quantity))
    conclusion.breaches.merge(
      ClaimCheck.issued(
        told: told, users: options.users, unanswered: unanswered, quantity: options.quantity))
  }

  private func compareWithLedger(
    _ told: [AcknowledgedCoupon], on loop: EventLoop, _ conclusion: inout Conclusion
  ) async {
    let url =
      options.databaseURL ?? options.tokens.dataFolder.map { EmbeddedServers.postgres(in: $0).url }
    guard let url else {
      conclusion.facts.append(("ledger", "not compared: neither --data nor --database"))
      return
    }
    do {
      let reader = try await LedgerReader(url: url, loop: loop)
      defer { reader.close() }
      let start = EventLoop.nanoseconds()
      _ = try await reader.waitForRows(told.count, of: campaign, deadline: Self.ledgerDeadline)
      let waited = EventLoop.nanoseconds() - start
      let rows = try await reader.coupons(of: campaign)
      conclusion.breaches.merge(
        LedgerComparison.breaches(
          acknowledged: told, rows: rows, quantity: options.quantity, name: tokens.user(of:)))
      conclusion.facts.append(("coupons in the ledger", TextFormat.grouped(rows.count)))
      conclusion.facts.append(
        ("ledger complete after the last answer", TextFormat.latency(waited)))
      let lag = try await reader.lag(of: campaign)
      conclusion.facts.append(("ledger lag", Self.describe(lag)))
    } catch {
      conclusion.breaches.add("the ledger could not be compared: \(error)")
    }
  }

  private static func describe(_ lag: LedgerReader.Lag) -> String {
    func text(_ seconds: Double) -> String {
      TextFormat.latency(UInt64(max(0, seconds) * 1e9))
    }
    return "P50 \(text(lag.median)), P99 \(text(lag.percentile99)), longest \(text(lag.longest))"
  }
}
