internal import Domain
internal import EventLoop

/// Users who claim coupons of a round's campaigns, while an operator raises the quantity of one.
/// Loop-confined.
final class ClaimChaos: ChaosScenario {
  private let plan: RoundPlan
  private let installation: Installation
  private let numbers: SeededNumbers
  private var campaigns: [ChaosCampaign] = []
  private var crowd: ClaimCrowd
  private var operators: [Task<Void, Never>] = []

  private var loop: EventLoop { installation.loop }

  /// Claims with a key that are asked again at the end.
  private static let repeats = 60

  init(_ plan: RoundPlan, _ installation: Installation, numbers: SeededNumbers) {
    self.plan = plan
    self.installation = installation
    self.numbers = numbers
    crowd = ClaimCrowd(installation, campaigns: [], numbers: numbers)
  }

  // MARK: Before

  func prepare() async throws(ScenarioError) {
    for (index, plan) in plan.campaigns.enumerated() {
      let tenant = ChaosTenant.all[plan.tenant]
      let id = try await installation.attempt { () async throws(ScenarioError) in
        try await make(plan, tenant)
      }
      campaigns.append(
        ChaosCampaign(
          id: id, plan: plan, tenant: tenant, prefix: "r\(self.plan.number)c\(index + 1)-"))
    }
    crowd = ClaimCrowd(installation, campaigns: campaigns, numbers: numbers)
  }

  private func make(
    _ plan: CampaignPlan, _ tenant: ChaosTenant
  ) async throws(ScenarioError) -> Identifier {
    let maker = CampaignMaker(
      client: try installation.client(of: tenant),
      token: installation.token(user: "operator", of: tenant, role: .marketingManager))
    return try await maker.make(
      quantity: plan.quantity, acknowledge: plan.acknowledgement.rawValue,
      perUserLimit: plan.perUserLimit)
  }

  // MARK: During

  func begin(clients: Int) -> [Task<Void, Never>] {
    operators = campaigns.map { campaign in loop.spawn { [self] in await raise(campaign) } }
    return crowd.begin(clients: clients)
  }

  func finishOperations() async {
    for operation in operators { await operation.value }
  }

  func end() { crowd.end() }

  /// Has an operator raise the campaign's quantity as planned. What has no answer is asked again;
  /// that it took effect is checked at the end.
  private func raise(_ campaign: ChaosCampaign) async {
    guard let raise = campaign.plan.raise else { return }
    await loop.sleep(for: raise.moment)
    let token = installation.token(
      user: "operator", of: campaign.tenant, role: .marketingManager)
    _ = await loop.poll(within: ChaosRound.recoveryLimit, every: .milliseconds(100)) {
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

  func resolve(clients: Int, within limit: Duration) async -> String? {
    await crowd.resolve(clients: clients, within: limit)
    let left = crowd.log.unresolved.count
    return left == 0 ? nil : "\(left) claims got no answer after recovery"
  }

  func repeatSample(clients: Int) async {
    await crowd.repeatSample(of: Self.repeats, clients: clients)
    crowd.close()
  }

  /// Coupons stay what they are.
  func rest() async -> String? { nil }

  func judge(_ history: RoundHistory, _ report: inout RoundReport) async throws {
    let log = crowd.log
    var recorded = 0
    for (index, campaign) in campaigns.enumerated() {
      let state = try await CampaignReader(installation: installation).read(campaign)
      let result = CampaignCheck(
        campaign, index: index, state: state, log: log, wipes: history.wipes,
        recoveredAt: history.recoveredAt
      ).run()
      report.breaches.merge(result.breaches)
      report.lost += result.lost.count
      recorded += state.rows.count
    }
    report.recorded += recorded
    report.operations[.claims] += log.count { $0.outcome != .unsent }
    report.operations[.duplicates] += log.duplicates
    report.requests += log.count { $0.outcome != .unsent }
    report.granted += log.count { $0.told != nil }
    report.refused += log.count { $0.outcome == .soldOut }
    report.unknown += log.everUnknown.count
    if recorded == 0 { report.breaches.add("no coupon was issued: nothing was tested") }
  }
}
