internal import Domain
internal import EventLoop

/// The users of a round who order, pay, cancel and abandon, whatever happens. Loop-confined.
final class OrderCrowd {
  let log = OrderLog()
  let installation: Installation
  let sales: [ChaosSale]
  let clients: ClientGroup
  let connections: ServiceConnections
  /// The wallets that orders are paid from.
  let money: MoneyDesk
  /// Open stock that operators adjust meanwhile.
  let stock: StockDesk
  let habits: BuyerHabits
  /// Where coupons come from: of each sale one campaign, and then of each sale one that is recalled.
  private let coupons: ClaimCrowd?
  let loop: EventLoop
  var numbers: SeededNumbers
  private var newcomers: [Int]
  private var tokens: [[String?]]
  var agents: [Int: String] = [:]
  var settling: [Task<Void, Never>] = []

  /// The longest pause of a client between two orders, in milliseconds.
  private static let longestPause = 12
  /// The share of orders by users who have ordered before.
  private static let repeatShare = 0.2
  /// The longest time between a request and its echo.
  private static let longestEcho = Duration.seconds(4)
  /// The share of requests that are sent twice at once, with the same key.
  private static let twinShare = 0.1
  /// How often an order without an answer is asked for again at once.
  private static let retryShare = 0.3
  static let retryPause = Duration.milliseconds(50)

  /// - Parameters:
  ///   - coupons: those who claim from two campaigns of each sale, where coupons are used.
  ///   - prefix: begins the names of the round's users.
  init(
    _ installation: Installation, sales: [ChaosSale], coupons: ClaimCrowd? = nil,
    habits: BuyerHabits, prefix: String, numbers: SeededNumbers
  ) {
    self.installation = installation
    self.coupons = coupons
    self.habits = habits
    self.sales = sales
    self.numbers = numbers
    loop = installation.loop
    clients = ClientGroup(loop: loop)
    connections = ServiceConnections(installation)
    var numbers = numbers
    money = MoneyDesk(
      installation, connections: connections, prefix: "\(prefix)m",
      numbers: SeededNumbers(seed: numbers.next()))
    stock = StockDesk(
      installation, connections: connections, sales: sales, prefix: "\(prefix)a",
      numbers: SeededNumbers(seed: numbers.next()))
    newcomers = sales.map { _ in 0 }
    tokens = sales.map { Array(repeating: nil, count: $0.plan.users) }
  }

  // MARK: Ordering

  /// Starts the clients; they go on until ``end()``.
  func begin(clients count: Int) -> [Task<Void, Never>] {
    let hot = sales.indices.filter { sales[$0].plan.acknowledgement == .hot }
    let all = Array(sales.indices)
    return clients.begin(count) { [self] client in
      // While Postgres is away, who asks for the ledger's word waits; the others go on.
      var intent = nextIntent(among: client % 2 == 0 ? hot : all)
      if let coupons, numbers.chance(habits.withCoupon) {
        let isRecalled = numbers.chance(habits.withRecalledCoupon)
        intent.coupon = await coupons.claim(
          from: intent.sale + (isRecalled ? sales.count : 0), user: intent.user)
      }
      await order(log.add(intent))
      if numbers.chance(habits.changes), let sale = sales.randomElement(using: &numbers) {
        await money.change(of: sale.plan.tenant)
      }
      if numbers.chance(habits.adjustments) { await stock.adjust() }
      await loop.sleep(for: .milliseconds(Int.random(in: 0...Self.longestPause, using: &numbers)))
    }
  }

  /// Lets each client finish the order under way and then stop.
  func end() { clients.end() }

  func close() { connections.close() }

  private func nextIntent(among choice: [Int]) -> OrderIntent {
    let sale = choice.randomElement(using: &numbers) ?? 0
    let plan = sales[sale].plan
    let seen = newcomers[sale]
    let isNew = seen == 0 || (seen < plan.users && !numbers.chance(Self.repeatShare))
    if isNew { newcomers[sale] += 1 }
    var lines: [Int: Int] = [:]
    for _ in 0..<Int.random(in: 1...SalePlan.maximumLines, using: &numbers) {
      let sku = Int.random(in: plan.pieces.indices, using: &numbers)
      lines[sku] = Int.random(in: 1...SalePlan.maximumQuantity, using: &numbers)
    }
    return OrderIntent(
      sale: sale, user: isNew ? seen : Int.random(in: 0..<seen, using: &numbers),
      key: "key-\(UInt64.random(in: 0...UInt64.max, using: &numbers))", lines: lines,
      fate: OrderFate(habits: habits).choose(for: lines, &numbers))
  }

  /// Places an order, perhaps again when no answer comes, and sees to what is to become of it.
  private func order(_ intent: Int) async {
    let twin = numbers.chance(Self.twinShare) ? loop.spawn { [self] in await place(intent) } : nil
    defer { if let twin { settling.append(twin) } }
    while true {
      switch await place(intent) {
      case .unsent where !clients.isOver,
        .unknown where !clients.isOver && numbers.chance(Self.retryShare):
        await loop.sleep(for: Self.retryPause)
      case .reserved(let told):
        echo { [self] in await place(intent) }
        return settle(told.order, intent)
      default: return
      }
    }
  }

  /// Sometimes sends a request once more later.
  func echo(_ request: @escaping () async -> Void) {
    guard numbers.chance(habits.echoes) else { return }
    let pause = numbers.duration(in: .zero...Self.longestEcho)
    settling.append(
      loop.spawn { [self] in
        await loop.sleep(for: pause)
        await request()
      })
  }

  @discardableResult
  func place(_ number: Int) async -> LoggedOrder.Outcome {
    let intent = log.intents[number]
    let started = EventLoop.nanoseconds()
    let outcome = await connections.ask(
      process: anyProcess(),
      OrderJudgement.place(intent, in: sales[intent.sale], token: token(of: intent))
    ) { OrderJudgement.placed($0, intent) }
    log.add(
      LoggedOrder(
        intent: number, startedAt: started, endedAt: EventLoop.nanoseconds(), outcome: outcome))
    return outcome
  }

  func anyProcess() -> Int {
    Int.random(in: 0..<installation.apis.count, using: &numbers)
  }

  func token(of intent: OrderIntent) -> String {
    if let token = tokens[intent.sale][intent.user] { return token }
    let sale = sales[intent.sale]
    let token = installation.token(user: sale.name(of: intent.user), of: sale.tenant)
    tokens[intent.sale][intent.user] = token
    return token
  }
}
