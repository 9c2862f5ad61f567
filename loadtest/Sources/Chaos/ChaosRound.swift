internal import Domain
internal import EventLoop

/// One round: campaigns, a crowd, strikes, recovery, and the checks. Loop-confined.
struct ChaosRound {
  let plan: RoundPlan
  let options: ChaosOptions
  let installation: Installation

  /// How long everything may take to serve again once all parts run.
  static let recoveryLimit = Duration.seconds(20)
  /// How long Redis may take to be whole again after a wipe, when nothing else is struck.
  static let reopeningLimit = Duration.seconds(5)
  /// How long claims without an answer may take to get one, once everything serves.
  static let resolutionLimit = Duration.seconds(30)
  /// How long the ledger may take to have every fact.
  static let settlingLimit = Duration.seconds(15)
  private static let setupLimit = Duration.seconds(10)
  /// Claims with a key that are asked again at the end.
  private static let repeats = 60

  private var loop: EventLoop { installation.loop }

  /// - Throws: `ScenarioError` when the round cannot begin or cannot be judged.
  func run() async throws -> RoundReport {
    var report = RoundReport(plan: plan)
    let campaigns = try await makeCampaigns()
    let crowd = Crowd(
      installation, campaigns: campaigns,
      numbers: SeededNumbers(seed: options.seed ^ UInt64(plan.number) << 32))
    let striker = Striker(installation)
    let clients = crowd.begin(clients: options.clients)
    let operators = campaigns.map { campaign in loop.spawn { await raise(campaign) } }
    let length = loop.spawn { await loop.sleep(for: plan.length) }
    await striker.carryOut(plan.strikes)
    for failure in striker.failures { report.breaches.add(failure) }
    for operation in operators { await operation.value }
    let recoveredAt = await recover(&report)
    await length.value
    crowd.end()
    for client in clients { await client.value }
    let isResolved = await crowd.resolve(
      clients: options.clients, within: Self.resolutionLimit)
    if !isResolved {
      report.breaches.add("\(crowd.log.unresolved.count) claims got no answer after recovery")
    }
    await crowd.repeatSample(of: Self.repeats, clients: options.clients)
    if await !StateReader(installation: installation).settle(within: Self.settlingLimit) {
      report.breaches.add("the ledger did not catch up within \(Self.settlingLimit)")
    }
    for end in installation.unexpectedEnds { report.breaches.add(end) }
    judgeReopening(striker.wipes, &report)
    try await judge(campaigns, crowd.log, striker.wipes, recoveredAt, &report)
    if let audit = try await AuditRun(installation: installation).breach() {
      report.breaches.add(audit)
    }
    return report
  }

  // MARK: Before

  private func makeCampaigns() async throws(ScenarioError) -> [ChaosCampaign] {
    var campaigns: [ChaosCampaign] = []
    for (index, plan) in plan.campaigns.enumerated() {
      let tenant = ChaosTenant.all[plan.tenant]
      let id = try await makeCampaign(plan, tenant)
      campaigns.append(
        ChaosCampaign(
          id: id, plan: plan, tenant: tenant, prefix: "r\(self.plan.number)c\(index + 1)-"))
    }
    return campaigns
  }

  private func makeCampaign(
    _ plan: CampaignPlan, _ tenant: ChaosTenant
  ) async throws(ScenarioError) -> Identifier {
    guard let port = installation.apis[0].port,
      let target = Target(url: "http://127.0.0.1:\(port)", host: tenant.host)
    else { throw ScenarioError("no API process serves") }
    let maker = CampaignMaker(
      client: HTTPClient(target: target, loop: loop),
      token: installation.token(user: "operator", of: tenant, role: .marketingManager))
    let end = EventLoop.nanoseconds() + Self.setupLimit.milliseconds * 1_000_000
    while true {
      do throws(ScenarioError) {
        return try await maker.make(
          quantity: plan.quantity, acknowledge: plan.acknowledgement.rawValue,
          perUserLimit: plan.perUserLimit)
      } catch {
        if EventLoop.nanoseconds() >= end { throw error }
        await loop.sleep(for: .milliseconds(100))
      }
    }
  }

  // MARK: During

  /// Has an operator raise the campaign's quantity as planned. What has no answer is asked again;
  /// that it took effect is checked at the end.
  private func raise(_ campaign: ChaosCampaign) async {
    guard let raise = campaign.plan.raise else { return }
    await loop.sleep(for: raise.moment)
    let token = installation.token(
      user: "operator", of: campaign.tenant, role: .marketingManager)
    _ = await loop.poll(within: Self.recoveryLimit, every: .milliseconds(100)) {
      guard let port = installation.apis.randomElement()?.port,
        let target = Target(url: "http://127.0.0.1:\(port)", host: campaign.tenant.host)
      else { return false }
      let answer = try? await HTTPClient(target: target, loop: loop).request(
        "PATCH", "/v1/admin/campaigns/\(campaign.id)",
        headers: [("Authorization", "Bearer \(token)")],
        body: #"{"quantity":\#(campaign.plan.finalQuantity)}"#)
      return answer?.status == 200
    }
  }

  // MARK: After

  /// Waits until everything serves again, and returns when that was.
  private func recover(_ report: inout RoundReport) async -> UInt64 {
    let start = EventLoop.nanoseconds()
    let isRecovered = await loop.poll(within: Self.recoveryLimit) {
      await installation.readyCount() == installation.apis.count
    }
    let end = EventLoop.nanoseconds()
    if await !StateReader(installation: installation).awaitCommands(within: Self.recoveryLimit) {
      report.breaches.add("the cells were not told of all changes within \(Self.recoveryLimit)")
    }
    if isRecovered {
      report.recoveredAfter = Int((end - start) / 1_000_000)
    } else {
      report.breaches.add("not everything served again within \(Self.recoveryLimit)")
    }
    return EventLoop.nanoseconds()
  }

  private func judgeReopening(_ wipes: [WipeRecord], _ report: inout RoundReport) {
    for wipe in wipes {
      report.reopenedAfter = wipe.reopenedAfter
      guard plan.measuresReopening else { continue }
      let limit = Self.reopeningLimit
      if wipe.reopenedAfter.map({ $0 > Int(limit.milliseconds) }) ?? true {
        report.breaches.add("the cells were not open again within \(limit) of the wipe")
      }
    }
    if plan.hasWipe, wipes.isEmpty { report.breaches.add("Redis could not be wiped") }
  }

  private func judge(
    _ campaigns: [ChaosCampaign], _ log: ClaimLog, _ wipes: [WipeRecord], _ recoveredAt: UInt64,
    _ report: inout RoundReport
  ) async throws {
    for (index, campaign) in campaigns.enumerated() {
      let state = try await StateReader(installation: installation).read(campaign)
      let result = CampaignCheck(
        campaign, index: index, state: state, log: log, wipes: wipes, recoveredAt: recoveredAt
      ).run()
      report.breaches.merge(result.breaches)
      report.lost += result.lost.count
      report.recorded += state.rows.count
    }
    report.claims = log.count { $0.outcome != .unsent }
    report.coupons = log.count { $0.told != nil }
    report.soldOut = log.count { $0.outcome == .soldOut }
    report.unknown = log.everUnknown.count
    if report.recorded == 0 { report.breaches.add("no coupon was issued: nothing was tested") }
  }
}
