public import Domain
internal import EventLoop
public import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// Payments of orders from wallets: the ledger decides, many at once. Loop-confined.
///
/// An order that was reserved a moment ago is not in the ledger yet. Its payment waits until the ledger's
/// cursor is past the order's fact, and is asked then; who waits too long is answered by the request's
/// deadline, and pays with the same key later.
public final class PaymentService {
  /// The bounds of one loop.
  public struct Limits: Sendable {
    /// Payments decided by one call.
    public var maximumBatch = 256
    /// Payments that wait for a call; more are shed.
    public var maximumWaiting = 8_192
    /// Calls in flight at once, each on a connection of its own.
    public var maximumInFlight = 2
    /// Orders whose place in their cell's stream is remembered: some seconds of the highest rate.
    public var rememberedOrders = 32_768

    public init() {}
  }

  /// How often a payment waits for the fact of its order anew, when the ledger's cursor is past it and
  /// the ledger still does not know the order.
  static let maximumWaits = 3
  /// An order that was made more recently is looked for in its cell before the ledger is asked: facts
  /// take about so long.
  static let usualLag = Duration.milliseconds(50)

  /// Where the fact of an order is: until the ledger's cursor has passed it, there is no use in asking.
  private struct Place {
    /// The cell's number: a note without references is overwritten without being read.
    let cell: Int32
    /// At or above the fact.
    let position: StreamPosition
  }

  private let pool: PostgresPool
  private let finder: ReservationFinder
  private let loop: EventLoop
  private let clock: WallClock
  private var recent: RecentOrders<Place>
  private var cells = CellNumbers()
  private var path: LedgerPath<PaymentOperation>!

  init(
    configuration: PostgresConfiguration, limits: Limits, cells: CellDirectory, loop: EventLoop,
    logger: Logger, metrics: MetricsRegistry, clock: WallClock
  ) {
    // Of their own: a payment never waits behind somebody's list of products.
    var configuration = configuration
    configuration.poolSize = limits.maximumInFlight
    configuration.minimumConnections = 1
    pool = PostgresPool(
      configuration: configuration, loop: loop, name: "payments", logger: logger,
      metrics: metrics)
    finder = ReservationFinder(cells: cells)
    recent = RecentOrders(capacity: limits.rememberedOrders)
    self.loop = loop
    self.clock = clock
    let store = PaymentStore(pool: pool)
    path = LedgerPath(
      loop: loop,
      limits: .init(
        maximumBatch: limits.maximumBatch, maximumWaiting: limits.maximumWaiting,
        maximumInFlight: limits.maximumInFlight),
      batchSizes: metrics.histogram(
        "spillway_payment_batch_size", "Payments decided by one call of the ledger.",
        buckets: .sizes),
      logger: logger
    ) { payments throws(PostgresError) in
      try await store.pay(payments.map(\.wish))
    }
  }

  func start() { pool.start() }

  func stop() { pool.close() }

  /// Remembers where the fact of an order is that this loop acknowledged.
  ///
  /// - Parameter isNew: whether it was granted just now, so that it cannot be remembered yet.
  public func reserved(
    _ order: Identifier, in scope: OrderScope, at position: StreamPosition, isNew: Bool
  ) {
    let place = Place(cell: cells.number(of: scope.cell), position: position)
    if isNew { recent.insert(order, place) } else { recent.insertUnlessKnown(order, place) }
  }

  /// Has the ledger decide; `payment` is told later, or at once that too many wait.
  public func pay(_ payment: PaymentOperation) {
    payment.whenMissing = { [weak self] in self?.missing($0) }
    if let place = recent.find(payment.order) {
      wait(for: cells[place.cell], place.position, payment)
    } else if isYoung(payment.order) {
      search(payment)
    } else {
      submit(payment)
    }
  }

  private func isYoung(_ order: Identifier) -> Bool {
    order.time.map { clock.now() < $0 + Self.usualLag } ?? false
  }

  private func submit(_ payment: PaymentOperation) { path.submit(payment) }

  // MARK: Orders on their way

  private func wait(
    for cell: CellRuntime, _ position: StreamPosition, _ payment: PaymentOperation
  ) {
    let isTaken = cell.ledger.whenReached(position) { [self] in submit(payment) }
    // A closed cell is no reason not to pay an order that the ledger has.
    if !isTaken { submit(payment) }
  }

  private func search(_ payment: PaymentOperation) {
    loop.spawn { [self] in
      guard payment.isWaiting else { return payment.ended(.unavailable) }
      let finding = await finder.find(payment.order, of: payment.tenant, user: payment.user)
      switch finding {
      case .reserved(let cell, let position):
        payment.search = .awaited(times: payment.search.times + 1)
        wait(for: cell, position, payment)
      case .absent:
        // It may have come into the ledger, and have been paid or cancelled, between two questions.
        payment.search = .absent
        submit(payment)
      case .foreign: payment.ended(.notFound)
      case .unknown: payment.ended(.unavailable)
      }
    }
  }

  /// Takes the ledger's word that the user has no such order there.
  private func missing(_ payment: PaymentOperation) {
    switch payment.search {
    case .absent: payment.ended(.notFound)
    case .awaited(Self.maximumWaits...): payment.ended(.unavailable)
    case .awaited, .notBegun: search(payment)
    }
  }
}
