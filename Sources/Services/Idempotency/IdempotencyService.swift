public import Domain
public import EventLoop
public import HotPath
internal import Ledger
public import Postgres
internal import Redis
public import Telemetry

/// Runs a request with an idempotency key once, on whichever node it comes. Loop-confined.
///
/// A first attempt holds its record for a while. Who repeats the request meanwhile waits a little, and is
/// then told to come again; who repeats it after a node died in the middle takes the record over. What the
/// request does must therefore be guarded by the ledger too (`IdempotencyStore`), which is also what holds
/// when Redis has lost its data.
public final class IdempotencyService {
  /// The bounds of one loop.
  public struct Limits: Sendable {
    /// How long an attempt may take: three times what a request may. Whoever repeats a request whose node
    /// died is told to come again for so long.
    public var lease = Duration.seconds(15)
    /// How long a repeat waits for the first attempt.
    public var patience = Duration.seconds(2)
    /// How often it looks.
    public var interval = Duration.milliseconds(50)
    /// Repeats that wait at once; more are told to come again at once.
    public var maximumWaiting = 1024

    public init() {}
  }

  /// What is to be done about a request.
  public enum Beginning {
    /// Do it, and then call ``finish(_:response:)``.
    case run(Attempt)
    /// Answer with what was saved.
    case replay([UInt8])
    /// The key came with another request.
    case reused
    /// The first attempt goes on.
    case inProgress(retryAfterSeconds: Int)
    /// Redis cannot be asked.
    case unavailable
  }

  /// One go at a request.
  public struct Attempt: Sendable {
    public let tenant: TenantID
    public let identity: RequestIdempotency
    /// An earlier attempt did not finish, and may have had its effect.
    public let isTakeover: Bool
    fileprivate let owner: String
  }

  /// How often records whose time is over are dropped from the ledger.
  static let purgeInterval = Duration.seconds(60)

  public let limits: Limits
  private let records: RequestRecords
  private let loop: EventLoop
  private let logger: Logger
  private var waiting = 0
  private var attempts = 0
  /// Names this loop among all of all nodes.
  private let name = String(UInt64.random(in: .min ... .max), radix: 16)
  private let store: IdempotencyStore
  private var purge: EventLoopTimer?
  private var isPurging = false

  public init(
    records: RequestRecords, pool: PostgresPool, limits: Limits = Limits(), loop: EventLoop,
    logger: Logger
  ) {
    self.records = records
    store = IdempotencyStore(pool: pool)
    self.limits = limits
    self.loop = loop
    self.logger = logger
  }

  /// Begins to drop what the ledger has recorded for long enough.
  func start() {
    purge = EventLoopTimer(loop: loop) { [weak self] in
      guard let self else { return }
      guard !isPurging else { return }
      isPurging = true
      loop.spawn {
        try? await self.store.purgeAll()
        self.isPurging = false
      }
    }
    purge?.start(after: Self.purgeInterval, every: Self.purgeInterval)
  }

  func stop() {
    purge?.cancel()
    purge = nil
  }

  /// Begins `identity`, waiting a little for a first attempt that is under way.
  public func begin(_ identity: RequestIdempotency, of tenant: TenantID) async -> Beginning {
    attempts += 1
    let owner = "\(name).\(attempts)"
    let end = loop.milliseconds + limits.patience.milliseconds
    var isWaiting = false
    defer { if isWaiting { waiting -= 1 } }
    while true {
      let beginning: RequestRecords.Beginning
      do throws(RedisError) {
        beginning = try await records.begin(
          identity, of: tenant, owner: owner, lease: limits.lease)
      } catch {
        return .unavailable
      }
      switch beginning {
      case .run(let isTakeover):
        return .run(
          Attempt(tenant: tenant, identity: identity, isTakeover: isTakeover, owner: owner))
      case .done(let response): return .replay(response)
      case .reused: return .reused
      case .running(let milliseconds):
        if loop.milliseconds >= end || Task.isCancelled {
          return .inProgress(retryAfterSeconds: max(1, min(milliseconds / 1000, 2)))
        }
        if !isWaiting {
          guard waiting < limits.maximumWaiting else { return .inProgress(retryAfterSeconds: 1) }
          isWaiting = true
          waiting += 1
        }
        await loop.sleep(for: limits.interval)
      }
    }
  }

  /// Saves the response for repeats; `nil` when nothing was done, so that a repeat begins anew.
  public func finish(_ attempt: Attempt, response: [UInt8]?) async {
    do throws(RedisError) {
      let isSaved = try await records.finish(
        attempt.identity, of: attempt.tenant, owner: attempt.owner, response: response ?? [])
      if !isSaved { logger.warning("a request took longer than its lease", []) }
    } catch {
      // The record lapses by itself; until then repeats are told to come again.
      logger.warning("a response could not be saved", [("error", .string("\(error)"))])
    }
  }
}
