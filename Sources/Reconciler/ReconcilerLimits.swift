internal import Domain

/// Every bound and pace of a reconciler.
public struct ReconcilerLimits: Sendable {
  // MARK: Holding cells

  /// How long a cell is held after each sign of life: a dead reconciler's cells are free after it.
  public var hold = Duration.milliseconds(1500)
  /// The longest between two signs of life; taking facts is one too.
  public var renewInterval = Duration.milliseconds(400)
  /// How often signs of life are shown together for cells that are nearly due.
  public var renewTogetherInterval = Duration.milliseconds(100)
  /// How often free cells are looked for.
  public var acquireInterval = Duration.milliseconds(250)
  /// Cells taken at once.
  public var cellsPerAcquire = 256

  // MARK: Cells

  /// The longest between two looks at the lease in Redis.
  public var guardInterval = Duration.milliseconds(200)
  /// How often the outbox of commands is looked at.
  public var commandInterval = Duration.milliseconds(50)
  /// Commands of a cell applied at once.
  public var commandsPerStep = 500
  /// How long applied commands are kept, for whoever wants to know what a cell was told.
  public var commandLife = Duration.seconds(86_400)
  /// How often older ones are dropped, and how many at once.
  public var forgetInterval = Duration.seconds(60)
  public var commandsPerForget = 5000
  /// Carts whose time is over dropped at once, as often.
  public var cartsPerForget = 1000
  /// Carts of guests that a tenant keeps.
  public var guestCarts = CartBounds.guestCarts
  /// The pause after a failure of Redis or Postgres.
  public var retryInterval = Duration.milliseconds(50)
  /// The pause before a halted cell is tried again.
  public var haltedInterval = Duration.seconds(2)

  // MARK: Facts

  /// About how many facts one transaction takes.
  public var factsPerBatch = 5000
  /// How many stream entries one read asks for; facts per entry are estimated from earlier reads.
  public var entriesPerRead = 16...1000
  /// How far apart reads begin while entries come in crowds. Of 60,000 coupons a second this makes
  /// transactions of 1,500, a sixth cheaper a coupon than those of 600 from 10 ms.
  public var gatherInterval = Duration.milliseconds(25)
  /// How long a read waits in Redis for something new.
  public var readBlock = Duration.milliseconds(200)
  /// How long a read may take, the waiting included.
  public var readTimeout = Duration.seconds(3)
  /// How often the age of the oldest fact that waits is told.
  public var lagInterval = Duration.milliseconds(250)

  // MARK: Orders and sales

  /// How often orders are looked for whose time is over.
  public var sweepInterval = Duration.milliseconds(200)
  /// Orders cancelled in one transaction.
  public var ordersPerSweep = 500
  /// How often sales are looked for whose time has come.
  public var saleInterval = Duration.milliseconds(200)
  /// How long before its opening a sale gets its stock.
  public var saleLead = Duration.seconds(30)
  /// Sales taken a step on in one transaction.
  public var salesPerStep = 500

  // MARK: The catalogue

  /// How often sale prices are looked for whose time has come.
  public var salePriceInterval = Duration.milliseconds(200)
  /// SKUs whose prices are settled in one transaction.
  public var salePricesPerStep = 200
  /// How often the popularity of products is counted.
  public var popularityInterval = Duration.seconds(10)
  /// Products of a market that have one: the most ordered.
  public var popularProducts = 1000
  /// How long it is noted what changed in the catalogue; nodes look several times a second.
  public var catalogChangeLife = Duration.seconds(3600)
  public var catalogChangesPerForget = 5000

  // MARK: Wallets

  /// How often wallets are looked for in which something has expired.
  public var lotInterval = Duration.seconds(1)
  /// Wallets looked at in one transaction.
  public var walletsPerSweep = 500
  /// How often holds are looked for whose end has come.
  public var holdInterval = Duration.seconds(1)
  /// Holds looked at in one transaction.
  public var holdsPerSweep = 500

  // MARK: The window under the cursor

  /// How often what lies below the window is dropped.
  public var trimInterval = Duration.seconds(1)
  /// How old an entry under the cursor may become.
  public var windowAge = Duration.seconds(600)
  /// How many entries under the cursor are kept at most, looked at every ``trimInterval``.
  public var windowEntries = 50_000
  /// About how much memory they may take: an entry holds up to a batch of claims.
  public var windowBytes = 256 << 20

  // MARK: Rebuilds

  /// Campaigns read from the ledger at once.
  public var campaignsPerPage = 100
  /// Coupons read from the ledger at once.
  public var couponsPerPage = 5000
  /// Accounts of stock read from the ledger at once.
  public var accountsPerPage = 500
  /// Pending orders, answers to orders, and buyers of accounts with a limit read from the ledger at once.
  public var ordersPerPage = 5000
  /// Fields or records loaded by one script call: bounds its arguments and how long Redis is busy.
  public var loadChunk = 1000
  /// How long a record of an idempotency key counts; the claim script knows the same.
  public var recordLife = Duration.seconds(86_400)

  // MARK: Rooms

  /// Rooms taken at once.
  public var roomsPerAcquire = 256
  /// How often a room with visitors admits, and one without looks for some.
  public var admitInterval = Duration.milliseconds(100)
  public var idleAdmitInterval = Duration.milliseconds(250)
  /// Visitors admitted by one script call, and tickets looked at for being lapsed: bounds how long
  /// Redis is busy.
  public var admissionsPerStep = 1000
  public var sweepPerStep = 200
  /// How often a room's rate is chosen anew.
  public var paceInterval = Duration.seconds(1)
  /// How far above the numbers given the ledger's floor is kept; more than are given between two signs of
  /// life.
  public var numberLead = 100_000
  /// Tickets of a pre-queue that one script call puts in order.
  public var drawChunk = 1000

  public init() {}
}
