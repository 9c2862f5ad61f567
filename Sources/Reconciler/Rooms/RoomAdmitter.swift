internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Redis
internal import Telemetry

/// Admits the visitors of one room, several times a second, until it is stopped. Loop-confined.
///
/// Redis decides who is admitted and counts places and rate by its own clock, so that a second admitter
/// at the same time does no harm.
final class RoomAdmitter {
  /// Admissions that are over of which one call takes out no more, of each kind; the script knows the same.
  static let expiriesPerStep = 1000

  let redis: RedisClient
  let keys: RoomKeys
  let limits: ReconcilerLimits
  let logger: Logger
  let store: RoomProgressStore
  private let pacing: RoomPacing
  private let metrics: RoomMetrics
  private let wake: Wake
  /// The terms as last read from the ledger.
  var room: Room
  /// The server that the room was put to; `nil` before the first time.
  var putTo: String?
  var needsPut = true
  /// Floors of what Redis counts, for the ledger.
  var next: Int
  var served: Int
  /// Visitors inside, at most: as Redis last told, and those that may have been admitted since.
  var inside: Int
  private var rate: any AdmissionRate
  private var perSecond: Double
  private var pacedAt: UInt64 = 0
  private var admittedSincePace = 0
  private var isStopping = false
  private var reported: String?

  init(
    held: RoomProgressStore.Held, redis: RedisClient, store: RoomProgressStore, pacing: RoomPacing,
    limits: ReconcilerLimits, logger: Logger, metrics: MetricsRegistry
  ) {
    room = held.room
    next = held.next
    served = held.served
    inside = held.inside
    if !held.isExact {
      // Whoever lost the room noted last so long before, at most.
      let unnoted = limits.hold + limits.renewInterval
      inside = Self.most(held.inside, after: unnoted, in: held.room.terms)
    }
    keys = RoomKeys(held.room.id)
    self.redis = redis
    self.store = store
    self.pacing = pacing
    self.limits = limits
    self.logger = logger.with([("room", .string("\(held.room.id)"))])
    self.metrics = RoomMetrics(metrics, room: held.room.id)
    rate = pacing.rate(held.room)
    perSecond = Double(held.room.terms.ratePerSecond)
    wake = Wake(loop: redis.loop)
  }

  /// What the ledger is to note.
  var note: RoomProgressStore.Note {
    RoomProgressStore.Note(
      room: room.id, next: next, served: served, inside: inside, version: room.version)
  }

  /// What scripts compare; `nil` while Redis is away.
  var lease: String? { redis.runID.map { "\(room.generation):\($0)" } }

  // MARK: What may be unknown

  /// How many may be inside a while after there were `inside`: rate and capacity bound it, and a quarter of a
  /// second's admissions may be made at once.
  private static func most(_ inside: Int, after time: Duration, in terms: RoomTerms) -> Int {
    let seconds = Double(time.wholeMilliseconds) / 1000
    let admitted = (Double(terms.ratePerSecond) * (seconds + 0.25)).rounded(.up)
    return max(inside, min(terms.capacity, inside + max(1, Int(admitted))))
  }

  /// A call that nobody answered may have admitted visitors before its server lost them.
  private func lost(_ error: RedisError) {
    switch error {
    case .server, .overloaded, .invalidConfiguration: break
    case .disconnected, .timedOut, .cancelled, .protocolViolation:
      inside = Self.most(inside, after: .zero, in: room.terms)
    }
  }

  // MARK: What others tell

  /// Ends ``run()`` after the step under way.
  func stop() {
    isStopping = true
    wake.raise()
  }

  /// The ledger has other terms than those known.
  func termsChanged() {
    needsPut = true
    wake.raise()
  }

  // MARK: Steps

  func run() async {
    while !isStopping {
      var pause = limits.retryInterval
      do {
        pause = try await step()
        reported = nil
      } catch {
        report(error)
      }
      if !isStopping { await wake.wait(upTo: pause) }
    }
    metrics.waiting.set(0)
    metrics.inside.set(0)
  }

  /// Admits who is next; returns how long to pause.
  private func step() async throws(ReconcilerError) -> Duration {
    if needsPut || putTo != redis.runID { try await put() }
    if redis.loop.milliseconds &- pacedAt >= limits.paceInterval.milliseconds { await pace() }
    guard let lease else { throw .redis(.disconnected) }
    let reply: RedisValue
    do throws(RedisError) {
      reply = try await redis.evaluate(
        ScriptCatalog.admitTickets.script, keys: keys.forAdmission,
        arguments: [
          lease, Int((perSecond * 1000).rounded()), limits.admissionsPerStep,
          limits.sweepPerStep,
        ])
    } catch {
      lost(error)
      throw .redis(error)
    }
    guard let report = reply.text.flatMap({ AdmissionReport($0) }) else {
      // Redis does not know the room any more: it was wiped.
      needsPut = true
      return limits.retryInterval
    }
    took(report)
    if report.needsDraw { try await draw() }
    if report.admitted >= limits.admissionsPerStep || report.expired >= Self.expiriesPerStep {
      return .zero
    }
    return report.waiting > 0 || report.inside > 0 || report.needsDraw
      ? limits.admitInterval : limits.idleAdmitInterval
  }

  private func took(_ report: AdmissionReport) {
    metrics.took(report)
    admittedSincePace += report.admitted
    // Numbers given until the ledger is told next lie below.
    next = max(next, report.next + limits.numberLead)
    served = report.served
    inside = report.inside
    waiting = report.waiting
  }

  private var waiting = 0

  private func pace() async {
    pacedAt = redis.loop.milliseconds
    let load = await pacing.load(room, keys, redis)
    let pace = rate.pace(
      under: AdmissionConditions(
        terms: room.terms, waiting: waiting,
        reading: .init(
          load: load, freePlaces: max(0, room.terms.capacity - inside),
          admitted: admittedSincePace)))
    admittedSincePace = 0
    if let reason = pace.reason {
      logger.info(
        "the admission rate changed",
        [
          ("from", .double(perSecond)), ("to", .double(pace.perSecond)),
          ("because", .string(reason)),
        ])
    }
    perSecond = max(0, pace.perSecond)
    metrics.rate.set(min(perSecond, Double(room.terms.ratePerSecond)))
  }

  /// Logs an error once, not each time that it is met again.
  private func report(_ error: ReconcilerError) {
    let text = error.description
    guard reported != text else { return }
    reported = text
    logger.warning("work on a room is held up", [("reason", .string(text))])
  }
}
