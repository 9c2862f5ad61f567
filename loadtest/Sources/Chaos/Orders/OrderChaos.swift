internal import Domain
internal import EventLoop

/// Users who order from a round's sales, while their stock is read all the time. Loop-confined.
final class OrderChaos: ChaosScenario {
  private let plan: RoundPlan
  private let installation: Installation
  private let numbers: SeededNumbers
  private let habits: BuyerHabits
  /// Begins the names of the round's users.
  private let prefix: String
  private var sales: [ChaosSale] = []
  private var samplers: [StockSampler] = []
  private var crowd: OrderCrowd
  /// Of each sale one, where coupons are used.
  private var campaigns: [ChaosCampaign] = []
  private var claimants: ClaimCrowd?

  private var loop: EventLoop { installation.loop }

  /// Orders, and settlements, that are asked again at the end.
  private static let repeats = 40
  /// How long a reservation may take to lapse beyond its time.
  private static let lapseSlack = Duration.seconds(15)
  private static let samplerTimeout = Duration.seconds(2)

  init(
    _ plan: RoundPlan, _ installation: Installation, habits: BuyerHabits, numbers: SeededNumbers
  ) {
    self.plan = plan
    self.installation = installation
    self.habits = habits
    self.numbers = numbers
    prefix = "r\(plan.number)-"
    crowd = OrderCrowd(installation, sales: [], habits: habits, prefix: prefix, numbers: numbers)
  }

  // MARK: Before

  func prepare() async throws(ScenarioError) {
    for (index, plan) in plan.sales.enumerated() {
      let name = "\(self.prefix)s\(index + 1)"
      var attempts = 0
      let sale = try await installation.attempt { () async throws(ScenarioError) in
        attempts += 1
        return try await make(plan, "\(name)-\(attempts)", prefix: "\(name)-")
      }
      sales.append(sale)
      samplers.append(try makeSampler(of: sale))
    }
    if habits.withCoupon > 0 { try await prepareCoupons() }
    crowd = OrderCrowd(
      installation, sales: sales, coupons: claimants, habits: habits, prefix: prefix,
      numbers: numbers)
  }

  /// Makes a campaign for the users of each sale, with a coupon for most of them.
  private func prepareCoupons() async throws(ScenarioError) {
    for sale in sales {
      let plan = CampaignPlan(
        acknowledgement: .hot, quantity: max(1, sale.plan.users * 3 / 4), perUserLimit: 1,
        users: sale.plan.users, keyedShare: 1, tenant: sale.plan.tenant, raise: nil)
      let id = try await installation.attempt { () async throws(ScenarioError) in
        try await CampaignMaker(
          client: try installation.client(of: sale.tenant),
          token: installation.token(user: "operator", of: sale.tenant, role: .marketingManager)
        ).make(quantity: plan.quantity, acknowledge: plan.acknowledgement.rawValue)
      }
      campaigns.append(
        ChaosCampaign(id: id, plan: plan, tenant: sale.tenant, prefix: sale.prefix))
    }
    var numbers = numbers
    claimants = ClaimCrowd(
      installation, campaigns: campaigns, numbers: SeededNumbers(seed: ~numbers.next()))
  }

  /// Makes a sale of SKUs that are new, whatever an earlier attempt has left behind.
  private func make(
    _ plan: SalePlan, _ name: String, prefix: String
  ) async throws(ScenarioError) -> ChaosSale {
    let tenant = ChaosTenant.all[plan.tenant]
    let maker = SaleMaker(
      client: try installation.client(of: tenant),
      token: installation.token(user: "operator", of: tenant, role: .appAdmin), loop: loop)
    let skus = plan.pieces.indices.map { "\(name)-\($0 + 1)" }
    let id = try await maker.make(
      .init(
        skus: skus, pieces: plan.pieces, price: SalePlan.price, perUserLimit: plan.perUserLimit,
        acknowledge: plan.acknowledgement.rawValue, cell: plan.hasOwnCell ? "own" : "shared",
        reservationSeconds: Int(plan.reservation.milliseconds / 1000)))
    return ChaosSale(id: id, plan: plan, tenant: tenant, skus: skus, prefix: prefix)
  }

  private func makeSampler(of sale: ChaosSale) throws(ScenarioError) -> StockSampler {
    var clients: [HTTPClient] = []
    for api in installation.apis {
      guard let port = api.port,
        let target = Target(url: "http://127.0.0.1:\(port)", host: sale.tenant.host)
      else { throw ScenarioError("\(api.name) does not serve") }
      clients.append(HTTPClient(target: target, loop: loop, timeout: Self.samplerTimeout))
    }
    return StockSampler(
      clients: clients, sale: sale.id, skus: sale.skus, pieces: sale.plan.pieces, loop: loop)
  }

  // MARK: During

  func begin(clients: Int) -> [Task<Void, Never>] {
    for sampler in samplers { sampler.start() }
    return crowd.begin(clients: clients)
  }

  func finishOperations() async {}

  func end() { crowd.end() }

  // MARK: After

  func resolve(clients: Int, within limit: Duration) async -> String? {
    let end = EventLoop.nanoseconds() + limit.milliseconds * 1_000_000
    await crowd.finish()
    await crowd.resolveOrders(clients: clients, until: end)
    await crowd.resolveSettlements(clients: clients, until: end)
    await claimants?.resolve(clients: clients, within: limit)
    let left = crowd.unanswered + (claimants?.log.unresolved.count ?? 0)
    return left == 0 ? nil : "\(left) orders and payments got no answer after recovery"
  }

  func repeatSample(clients: Int) async {
    await crowd.repeatSample(of: Self.repeats, clients: clients)
    crowd.close()
    claimants?.close()
  }

  func rest() async -> String? {
    var pending = 0
    for sale in sales {
      let limit = sale.plan.reservation + Self.lapseSlack
      pending += await SaleReader(installation: installation).awaitLapses(of: sale, within: limit)
    }
    return pending == 0 ? nil : "\(pending) orders did not lapse"
  }

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
      recorded += state.orders.count
    }
    report.recorded += recorded
    try await judgeCoupons(history, &report)
    let money = try await MoneyReader(installation: installation).read(prefix)
    report.breaches.merge(MoneyCheck(state: money, outcomes: crowd.desk.log.outcomes).breaches)
    let log = crowd.log
    report.requests +=
      log.count { $0.outcome != .unsent } + log.settlements.count + crowd.desk.log.attempts
    report.granted += log.count { $0.told != nil }
    report.refused += log.count { $0.outcome == .refused }
    report.unknown += log.everUnknown.count
    if recorded == 0 { report.breaches.add("no order was recorded: nothing was tested") }
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
    }
    report.requests += log.count { $0.outcome != .unsent }
    report.granted += log.count { $0.told != nil }
    report.refused += log.count { $0.outcome == .soldOut }
    report.unknown += log.everUnknown.count
  }
}
