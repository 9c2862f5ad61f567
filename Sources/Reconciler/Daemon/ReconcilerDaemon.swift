public import Domain
public import EventLoop
internal import Ledger
public import Postgres
public import Redis
public import Telemetry

/// Carries facts from Redis to the ledger and commands back, for all cells that nobody else works on.
/// Loop-confined.
///
/// Several may run at once: each cell is held by one of them, and within two seconds of that one's
/// death by another.
public final class ReconcilerDaemon {
  /// What a daemon is made from.
  public struct Configuration: Sendable {
    public var redis: RedisConfiguration
    public var database: PostgresConfiguration
    public var limits = ReconcilerLimits()
    public var roomPacing = RoomPacing.steered

    public init(redis: RedisConfiguration, database: PostgresConfiguration) {
      self.redis = redis
      self.database = database
    }
  }

  public let loop: EventLoop
  /// The name under which it holds cells; no other daemon, past or present, has it.
  public let name: String
  private let configuration: Configuration
  private let logger: Logger
  private let metrics: MetricsRegistry
  private let redis: RedisRouter
  private let pool: PostgresPool
  private let lifeline: PostgresPool
  private let store: CellStore
  private let rooms: RoomAdmitters
  private var cells: [CellName: CellReconciler] = [:]
  private var workers: [Task<Void, Never>] = []
  private var isStopping = false
  private let discovery: Wake
  private let outbox: Wake
  private let emptied: Wake
  private let rebuilds = SharedRebuilds()
  private var renewer: HoldRenewer!
  private let sweeper: OrderSweeper
  private let mover: SaleMover
  private let pruner: CommandPruner
  private let cartPruner: CartPruner
  private let salePrices: SalePriceKeeper
  private let popularity: PopularityKeeper
  private let lots: LotSweeper
  private let holds: HoldSweeper

  /// Makes a daemon on `loop`; it works from ``start()`` on.
  public init(
    configuration: Configuration, loop: EventLoop, logger: Logger, metrics: MetricsRegistry
  ) {
    self.configuration = configuration
    self.loop = loop
    self.metrics = metrics
    let name = "\(UInt64.random(in: 0...UInt64.max))"
    self.name = name
    self.logger = logger.with([("reconciler", .string(name))])
    redis = RedisRouter(
      configuration: configuration.redis, loop: loop, name: "spillway-reconciler", logger: logger,
      metrics: metrics)
    pool = PostgresPool(
      configuration: configuration.database, loop: loop, name: "spillway-reconciler",
      logger: logger,
      metrics: metrics)
    var single = configuration.database
    single.poolSize = 1
    lifeline = PostgresPool(
      configuration: single, loop: loop, name: "spillway-reconciler-lifeline", logger: logger,
      metrics: metrics)
    store = CellStore(pool: pool)
    rooms = RoomAdmitters(
      name: name, redis: redis, pool: pool, pacing: configuration.roomPacing,
      limits: configuration.limits, logger: self.logger, metrics: metrics)
    sweeper = OrderSweeper(
      pool: pool, limits: configuration.limits, logger: self.logger, metrics: metrics)
    mover = SaleMover(pool: pool, limits: configuration.limits, logger: self.logger)
    pruner = CommandPruner(pool: pool, limits: configuration.limits, logger: self.logger)
    cartPruner = CartPruner(pool: pool, limits: configuration.limits, logger: self.logger)
    salePrices = SalePriceKeeper(pool: pool, limits: configuration.limits, logger: self.logger)
    popularity = PopularityKeeper(
      redis: redis, pool: pool, limits: configuration.limits, logger: self.logger)
    lots = LotSweeper(
      pool: pool, limits: configuration.limits, logger: self.logger, metrics: metrics)
    holds = HoldSweeper(
      pool: pool, limits: configuration.limits, logger: self.logger, metrics: metrics)
    discovery = Wake(loop: loop)
    outbox = Wake(loop: loop)
    emptied = Wake(loop: loop)
    renewer = HoldRenewer(
      holder: name, pool: pool, lifeline: lifeline, limits: configuration.limits,
      logger: self.logger
    ) { [unowned self] in cells.values.map(\.held) }
  }

  /// What keeps the daemon from working, one line each; empty when it works.
  public var waitingFor: [String] {
    var reasons: [String] = []
    // The cells of the servers that are left go on.
    if !redis.isReachable { reasons += redis.waitingFor }
    if pool.state != .ready { reasons.append("postgres: not connected") }
    return reasons
  }

  // MARK: Life

  /// Connects and works until ``stop()``, whatever becomes of Redis and Postgres meanwhile.
  public func start() {
    redis.onChange = { [weak self] client in
      for cell in self?.cells.values ?? [:].values where cell.held.redis === client {
        cell.connectionChanged()
      }
    }
    redis.start()
    pool.start()
    lifeline.start()
    rooms.start()
    workers = [
      loop.spawn { await self.discover() }, loop.spawn { await self.watchOutbox() },
      loop.spawn { [renewer] in await renewer!.run() },
      loop.spawn { [sweeper] in await sweeper.run() }, loop.spawn { [mover] in await mover.run() },
      loop.spawn { [pruner] in await pruner.run() },
      loop.spawn { [cartPruner] in await cartPruner.run() },
      loop.spawn { [salePrices] in await salePrices.run() },
      loop.spawn { [popularity] in await popularity.run() },
      loop.spawn { [lots] in await lots.run() },
      loop.spawn { [holds] in await holds.run() },
    ]
  }

  /// Ends the steps under way, gives up all cells and disconnects.
  public func stop() async {
    guard !isStopping else { return }
    isStopping = true
    discovery.raise()
    outbox.raise()
    renewer.stop()
    sweeper.stop()
    mover.stop()
    pruner.stop()
    cartPruner.stop()
    salePrices.stop()
    popularity.stop()
    lots.stop()
    holds.stop()
    for cell in cells.values { cell.stop() }
    for worker in workers { await worker.value }
    await rooms.stop()
    while !cells.isEmpty { await emptied.wait(upTo: configuration.limits.renewInterval) }
    try? await store.release(as: name)
    redis.close()
    pool.close()
    lifeline.close()
  }

  /// The cells that it holds; true for those that are open.
  public var heldCells: [CellName: Bool] { cells.mapValues(\.isVouched) }

  /// The rooms whose visitors it admits.
  public var heldRooms: Set<Identifier> { rooms.held }

  // MARK: Finding cells

  private func discover() async {
    var isReported = false
    while !isStopping {
      do {
        try await acquire()
        isReported = false
      } catch {
        if !isReported {
          logger.warning("cannot look for cells", [("reason", .string("\(error)"))])
        }
        isReported = true
      }
      if !isStopping { await discovery.wait(upTo: configuration.limits.acquireInterval) }
    }
  }

  /// Takes the cells that nobody holds. Returns how many.
  @discardableResult
  func acquire() async throws(PostgresError) -> Int {
    let limits = configuration.limits
    let records = try await store.acquire(
      as: name, hold: limits.hold, limit: limits.cellsPerAcquire)
    if isStopping { return 0 }
    // One that it works on already was only late with its sign of life.
    for record in records where cells[record.cell] == nil { begin(record) }
    return records.count
  }

  private func begin(_ record: CellRecord) {
    let held = HeldCell(
      record: record, holder: name, redis: redis, pool: pool, lifeline: lifeline,
      limits: configuration.limits, logger: logger, metrics: metrics, shared: rebuilds)
    let reconciler = CellReconciler(held: held)
    cells[record.cell] = reconciler
    held.logger.debug("took a cell")
    loop.spawn {
      await reconciler.run()
      self.cells[record.cell] = nil
      self.emptied.raise()
    }
  }

  // MARK: Commands

  /// One look for all cells: an idle cell costs Postgres nothing.
  private func watchOutbox() async {
    while !isStopping {
      if !cells.isEmpty, let named = try? await store.cellsWithCommands() {
        for cell in named { cells[cell]?.commandsCame() }
      }
      if !isStopping { await outbox.wait(upTo: configuration.limits.commandInterval) }
    }
  }
}
