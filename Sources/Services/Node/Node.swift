public import Domain
public import EventLoop
public import HotPath
public import Postgres
public import Redis
public import Telemetry

/// Everything that one event loop of an API process needs to serve: its own connections, its own
/// memory, and the services over them. Loop-confined; nothing is shared with other loops.
public final class Node {
  /// What a node is made from.
  public struct Configuration: Sendable {
    public var redis: RedisConfiguration
    public var database: PostgresConfiguration
    /// The bounds of the ways into each cell.
    public var claimLimits = ClaimPath.Limits()
    /// The rate policies; `nil` for none.
    public var rateLimits: RateLimitSettings?
    public var rateLimitBounds = RatePath.Limits()
    /// Tax, shipping and returns of the markets, and how far sellers may go there.
    public var markets = MarketBook.empty
    /// How long a reservation lasts where its sale does not say.
    public var reservation = Duration.seconds(OrderBounds.defaultReservationSeconds)
    public var idempotency = IdempotencyService.Limits()
    public var paymentLimits = PaymentService.Limits()

    public init(redis: RedisConfiguration, database: PostgresConfiguration) {
      self.redis = redis
      self.database = database
    }
  }

  public let loop: EventLoop
  /// The way to Redis; each cell and room asks it for the client of its keys.
  public let redis: RedisRouter
  public let database: PostgresPool
  public let tenants: TenantDirectory
  public let cells: CellDirectory
  public let campaignDirectory: CampaignDirectory
  public let campaigns: CampaignService
  public let couponRecalls: CouponRecalls
  public let claims: ClaimService
  public let saleDirectory: SaleDirectory
  public let openStock: OpenStockDirectory
  public let sales: SaleService
  public let orders: OrderService
  public let payments: PaymentService
  public let wallets: WalletService
  public let holds: HoldService
  public let orderReturns: OrderReturns
  public let stock: StockService
  public let products: ProductService
  public let categories: CategoryService
  public let catalog: CatalogService
  public let popularity: PopularityService
  public let exchangeRates: ExchangeRateService
  public let carts: CartService
  public let checkout: CheckoutService
  public let locations: LocationService
  public let notifications: NotificationService
  public let cellReports: CellReporter
  /// `nil` where there are no rate policies: a request then pays nothing for them.
  public let rateLimiter: RateLimiter?
  public let roomDirectory: RoomDirectory
  public let rooms: RoomService
  public let tickets: TicketService
  public let admission: AdmissionCheck
  /// Requests with an idempotency key, on ordinary routes.
  public let idempotency: IdempotencyService
  public let metrics: MetricsRegistry
  public let logger: Logger
  /// The rules of the tenants' markets.
  public let markets: MarketBook
  /// Tells the time of day.
  public let clock: WallClock
  private let subscriber: RedisSubscriber

  /// Makes a node on `loop`; it connects with ``start()``.
  public init(
    configuration: Configuration, loop: EventLoop, logger: Logger, metrics: MetricsRegistry,
    clock: WallClock = .system
  ) {
    self.loop = loop
    self.logger = logger
    self.metrics = metrics
    self.clock = clock
    markets = configuration.markets
    redis = RedisRouter(
      configuration: configuration.redis, loop: loop, name: "spillway-api", logger: logger,
      metrics: metrics)
    subscriber = redis.subscriber(name: "spillway-signals")
    database = PostgresPool(
      configuration: configuration.database, loop: loop, name: "api", logger: logger,
      metrics: metrics)
    tenants = TenantDirectory(pool: database, loop: loop, logger: logger)
    cells = CellDirectory(
      redis: redis, subscriber: subscriber, pool: database, limits: configuration.claimLimits,
      batchSizes: BatchSizes(metrics: metrics))
    campaignDirectory = CampaignDirectory(pool: database, cells: cells, loop: loop)
    campaigns = CampaignService(
      pool: database, redis: redis, cells: cells, markets: markets, clock: clock)
    couponRecalls = CouponRecalls(pool: database, cells: cells, loop: loop, clock: clock)
    claims = ClaimService(cells: cells, loop: loop, logger: logger)
    saleDirectory = SaleDirectory(
      pool: database, cells: cells, reservation: configuration.reservation,
      markets: markets, loop: loop)
    openStock = OpenStockDirectory(
      pool: database, cells: cells, reservation: configuration.reservation,
      markets: markets, loop: loop)
    sales = SaleService(pool: database, cells: cells, loop: loop, clock: clock)
    orders = OrderService(pool: database, cells: cells, loop: loop)
    payments = PaymentService(
      configuration: configuration.database, limits: configuration.paymentLimits, cells: cells,
      loop: loop, logger: logger, metrics: metrics, clock: clock)
    wallets = WalletService(pool: database, clock: clock)
    holds = HoldService(pool: database, clock: clock)
    orderReturns = OrderReturns(pool: database, markets: markets, clock: clock)
    stock = StockService(pool: database, cells: cells, loop: loop, clock: clock)
    products = ProductService(pool: database, clock: clock)
    categories = CategoryService(pool: database)
    catalog = CatalogService(
      pool: database, openStock: openStock, loop: loop, clock: clock)
    popularity = PopularityService(pool: database, cells: cells, loop: loop)
    checkout = CheckoutService(
      pool: database, cells: cells, markets: markets, loop: loop, clock: clock)
    exchangeRates = ExchangeRateService(
      pool: database, markets: markets, loop: loop, clock: clock)
    locations = LocationService(pool: database, clock: clock)
    notifications = NotificationService(pool: database)
    carts = CartService(pool: database, checkout: checkout, loop: loop, clock: clock)
    cellReports = CellReporter(pool: database, redis: redis)
    idempotency = IdempotencyService(
      records: RequestRecords(router: redis), pool: database, limits: configuration.idempotency,
      loop: loop, logger: logger)
    rateLimiter = configuration.rateLimits.map { [redis] settings in
      RateLimiter(
        settings: settings, limits: configuration.rateLimitBounds, redis: redis, logger: logger,
        metrics: metrics)
    }
    roomDirectory = RoomDirectory(
      pool: database, redis: redis, subscriber: subscriber, metrics: metrics)
    rooms = RoomService(pool: database, redis: redis, directory: roomDirectory, clock: clock)
    tickets = TicketService(directory: roomDirectory, loop: loop)
    admission = AdmissionCheck(directory: roomDirectory, loop: loop)
  }

  /// Connects, and goes on connecting for ever. Call ``stop()`` before letting go of the node.
  public func start() {
    redis.onChange = { [weak self] client in
      self?.cells.connectionChanged(client)
      self?.rateLimiter?.connectionChanged()
    }
    subscriber.onGap = { [weak self] in self?.cells.lostSignals() }
    redis.start()
    subscriber.start()
    database.start()
    payments.start()
    tenants.start()
    cells.start()
    roomDirectory.start()
    idempotency.start()
    catalog.start()
  }

  public func stop() {
    catalog.stop()
    idempotency.stop()
    tenants.stop()
    cells.stop()
    roomDirectory.stop()
    subscriber.close()
    redis.close()
    payments.stop()
    database.close()
  }

  /// What keeps the node from serving, one line each; empty when it is ready.
  public var waitingFor: [String] { readiness.waitingFor }

  /// One closed cell is its own tenant's trouble and is only reported; a node is of no use to anyone
  /// when every cell that it knows is closed. Before the first cell is made there is nothing to wait
  /// for.
  public var readiness: Readiness {
    var reasons: [String] = []
    // A node goes on serving the cells of the servers that are left.
    if !redis.isReachable { reasons += redis.waitingFor }
    if database.state != .ready { reasons.append("postgres: not connected") }
    if !tenants.isLoaded || !cells.isLoaded {
      reasons.append("tenants and cells: not read from the ledger yet")
    }
    let all = cells.all
    let closed = all.filter { !$0.lease.isOpen }.map { "\($0.keys.cell)" }.sorted()
    if closed.count == all.count {
      reasons += closed.map { "cell \($0): closed until the reconciler vouches for it" }
    }
    return Readiness(waitingFor: reasons, closedCells: closed)
  }
}
