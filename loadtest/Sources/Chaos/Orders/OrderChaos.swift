internal import Domain
internal import EventLoop

/// Users who order from a round's sales, while their stock is read all the time. Loop-confined.
final class OrderChaos: ChaosScenario {
  private let plan: RoundPlan
  let installation: Installation
  private let numbers: SeededNumbers
  private let habits: BuyerHabits
  /// Begins the names of the round's users.
  let prefix: String
  private(set) var sales: [ChaosSale] = []
  private(set) var samplers: [StockSampler] = []
  private(set) var crowd: OrderCrowd
  /// Where coupons are used: of each sale one, and then of each sale one that is recalled.
  private(set) var campaigns: [ChaosCampaign] = []
  private(set) var claimants: ClaimCrowd?
  private(set) var recalls: RecallOperator?
  private var recalling: Task<Void, Never>?

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
    recalls = RecallOperator(
      installation, campaigns: recalledCampaigns, connections: crowd.connections)
  }

  /// Those that are recalled during the round; of each sale one, or none.
  var recalledCampaigns: [ChaosCampaign] { Array(campaigns.dropFirst(sales.count)) }

  /// Makes two campaigns for the users of each sale, with a coupon of each for most of them.
  private func prepareCoupons() async throws(ScenarioError) {
    for (index, sale) in (sales + sales).enumerated() {
      let recall = index < sales.count ? nil : plan.recalls[index - sales.count]
      let plan = CampaignPlan(
        acknowledgement: .hot, quantity: max(1, sale.plan.users * 3 / 4), perUserLimit: 1,
        users: sale.plan.users, keyedShare: 1, tenant: sale.plan.tenant, raise: nil,
        recalledAfter: recall)
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
    recalling = loop.spawn { [self] in
      await recalls?.carryOut(within: ChaosRound.recoveryLimit)
    }
    return crowd.begin(clients: clients)
  }

  func finishOperations() async { await recalling?.value }

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
    await recalls?.repeatAll(within: ChaosRound.recoveryLimit)
    await claimants?.repeatSample(of: Self.repeats, clients: clients)
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
}
