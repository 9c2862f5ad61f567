internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// Works on all rooms that nobody else works on. Loop-confined.
final class RoomAdmitters {
  private let name: String
  private let redis: RedisRouter
  private let store: RoomProgressStore
  private let pacing: RoomPacing
  private let limits: ReconcilerLimits
  private let logger: Logger
  private let metrics: MetricsRegistry
  private let loop: EventLoop
  private var admitters: [Identifier: RoomAdmitter] = [:]
  private var workers: [Task<Void, Never>] = []
  private var isStopping = false
  private let discovery: Wake
  private let renewal: Wake
  private let emptied: Wake

  init(
    name: String, redis: RedisRouter, pool: PostgresPool, pacing: RoomPacing,
    limits: ReconcilerLimits, logger: Logger, metrics: MetricsRegistry
  ) {
    self.name = name
    self.redis = redis
    store = RoomProgressStore(pool: pool)
    self.pacing = pacing
    self.limits = limits
    self.logger = logger
    self.metrics = metrics
    loop = redis.loop
    discovery = Wake(loop: loop)
    renewal = Wake(loop: loop)
    emptied = Wake(loop: loop)
  }

  /// The rooms that it holds.
  var held: Set<Identifier> { Set(admitters.keys) }

  func start() {
    workers = [loop.spawn { await self.discover() }, loop.spawn { await self.renew() }]
  }

  /// Ends the steps under way and gives up all rooms.
  func stop() async {
    isStopping = true
    discovery.raise()
    renewal.raise()
    let known = Array(admitters.values)
    for admitter in known { admitter.stop() }
    for worker in workers { await worker.value }
    while !admitters.isEmpty { await emptied.wait(upTo: limits.renewInterval) }
    // Those that others work on by now are others'.
    try? await store.release(known.map(\.note), as: name)
  }

  // MARK: Finding rooms

  private func discover() async {
    while !isStopping {
      if let found = try? await store.acquire(
        as: name, hold: limits.hold, limit: limits.roomsPerAcquire), !isStopping
      {
        // One that it works on already was only late with its sign of life.
        for held in found where admitters[held.room.id] == nil { begin(held) }
      }
      if !isStopping { await discovery.wait(upTo: limits.acquireInterval) }
    }
  }

  private func begin(_ held: RoomProgressStore.Held) {
    let id = held.room.id
    let admitter = RoomAdmitter(
      held: held, redis: redis.client(for: RoomKeys(id).room), store: store, pacing: pacing,
      limits: limits, logger: logger, metrics: metrics)
    admitters[id] = admitter
    loop.spawn {
      await admitter.run()
      self.admitters[id] = nil
      self.emptied.raise()
    }
  }

  // MARK: Signs of life

  /// One write for all rooms; it also tells whose terms have changed.
  private func renew() async {
    while !isStopping {
      await renewal.wait(upTo: limits.renewInterval)
      if isStopping || admitters.isEmpty { continue }
      let known = admitters
      guard
        let held = try? await store.renew(
          known.values.map(\.note), as: name, hold: limits.hold)
      else { continue }
      for (id, admitter) in known {
        switch held[id] {
        case true?: break
        case false?: admitter.termsChanged()
        // Somebody else works on it by now.
        case nil: admitter.stop()
        }
      }
    }
  }
}
