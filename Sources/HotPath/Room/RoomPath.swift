public import Domain
internal import EventLoop
public import Redis
public import Telemetry

/// The way of joins and sightings into one room: gathers them, has the scripts decide, tells each how
/// it ended. Loop-confined.
public final class RoomPath {
  /// The bounds of one path.
  public struct Limits: Sendable {
    /// Operations decided by one call.
    public var maximumBatch = 256
    /// Operations that wait for a call; more are shed.
    public var maximumWaiting = 16_384
    /// Calls in flight at once, of each kind.
    public var maximumInFlight = 2
    /// How long Redis may take for a call.
    public var callTimeout = Duration.seconds(2)

    public init() {}
  }

  public let keys: RoomKeys
  /// The generation that the scripts are asked about.
  public var generation: Int
  private var shown: (generation: Int, runID: String, lease: [UInt8])?
  public let client: RedisClient
  private let limits: Limits
  private var joins: Batcher<JoinOperation>!
  private var sights: Batcher<SightOperation>!

  public init(
    room: Identifier, generation: Int, client: RedisClient, limits: Limits = Limits(),
    joinSizes: Histogram? = nil, sightSizes: Histogram? = nil
  ) {
    keys = RoomKeys(room)
    self.generation = generation
    self.client = client
    self.limits = limits
    joins = batcher(sizes: joinSizes) { [weak self] in self?.send($0, $1) }
    sights = batcher(sizes: sightSizes) { [weak self] in self?.send($0, $1) }
  }

  private func batcher<Operation>(
    sizes: Histogram?, send: @escaping ([Operation], @escaping () -> Void) -> Void
  ) -> Batcher<Operation> {
    Batcher(
      loop: client.loop,
      limits: .init(
        maximumBatch: limits.maximumBatch, maximumWaiting: limits.maximumWaiting,
        maximumInFlight: limits.maximumInFlight),
      batchSizes: sizes, send: send)
  }

  /// Takes a visitor into a coming batch; it is told the outcome later, or at once why there will be
  /// none.
  public func submit(_ operation: JoinOperation) {
    if !joins.submit(operation) { operation.ended(.unavailable(.shed)) }
  }

  /// Takes word of a ticket's holder into a coming batch; told the same way.
  public func submit(_ operation: SightOperation) {
    if !sights.submit(operation) { operation.ended(.unavailable(.shed)) }
  }

  /// What scripts compare: the generation, and the very server that it was put to from the ledger. A
  /// server that was restarted may have lost numbers that it gave, so it gives none before that.
  private var lease: [UInt8]? {
    guard let runID = client.runID else { return nil }
    if let shown, shown.generation == generation, shown.runID == runID { return shown.lease }
    let lease = Array("\(generation):\(runID)".utf8)
    shown = (generation, runID, lease)
    return lease
  }

  // MARK: Joins

  private func send(_ operations: [JoinOperation], _ done: @escaping () -> Void) {
    let wanted = operations.stillWanted()
    guard !wanted.isEmpty else { return done() }
    guard let lease else {
      for operation in wanted { operation.ended(.unavailable(.disconnected)) }
      return done()
    }
    for operation in wanted { operation.generation = generation }
    let scriptKeys = keys.forJoin
    client.evaluate(
      ScriptCatalog.joinRoom.script, keyCount: scriptKeys.count,
      argumentCount: 2 + 2 * wanted.count, timeout: limits.callTimeout,
      write: { writer in
        for key in scriptKeys { writer.argument(key) }
        writer.argument(lease)
        writer.argument(RoomTerms.Bounds.waiting)
        for operation in wanted {
          writer.argument(operation.visitor)
          writer.argument(operation.passes ? 1 : 0)
        }
      },
      completion: { reply in
        Self.read(reply) { reason in
          for operation in wanted { operation.ended(.unavailable(reason)) }
        } found: { lines in
          var lines = lines
          for operation in wanted { operation.ended(lines.join() ?? .unavailable(.failed)) }
        }
        done()
      })
  }

  // MARK: Leaving

  /// Takes visitors out of the room, and has all nodes told.
  ///
  /// - Parameters:
  ///   - visitors: each with the number of its ticket, or `nil` for whichever it has.
  ///   - tenant: whose room it is, for the nodes.
  /// - Returns: for each the number that ended, 0 when there was none, less than 0 when nobody need know
  ///   of it; `nil` when Redis does not know the room yet, or too many have left it.
  public func leave(
    _ visitors: [(visitor: VisitorID, number: Int?)], of tenant: TenantID
  ) async throws(RedisError) -> [Int]? {
    guard let lease else { throw .disconnected }
    var arguments: [any RedisArgument] = [
      lease, RoomKeys.departures, "\(tenant) \(keys.id)", RoomTerms.Bounds.ended,
      RoomTerms.Bounds.endedWaiting,
    ]
    for (visitor, number) in visitors {
      arguments.append(visitor.binary)
      arguments.append(number.map { "\($0)" } ?? "-")
    }
    let reply = try await client.evaluate(
      ScriptCatalog.leaveRoom.script, keys: keys.forTickets, arguments: arguments,
      timeout: limits.callTimeout)
    let ended = (reply.array ?? []).compactMap(\.integer)
    return ended.count == visitors.count ? ended : nil
  }

  // MARK: Sightings

  private func send(_ operations: [SightOperation], _ done: @escaping () -> Void) {
    guard let lease else {
      for operation in operations { operation.ended(.unavailable(.disconnected)) }
      return done()
    }
    let scriptKeys = keys.forTickets
    client.evaluate(
      ScriptCatalog.seeTickets.script, keyCount: scriptKeys.count,
      argumentCount: 1 + 4 * operations.count, timeout: limits.callTimeout,
      write: { writer in
        for key in scriptKeys { writer.argument(key) }
        writer.argument(lease)
        for operation in operations {
          writer.argument(operation.ticket.visitor)
          writer.argument(operation.ticket.number)
          writer.argument(operation.order)
          writer.argument(operation.ticket.issuedAt)
        }
      },
      completion: { reply in
        Self.read(reply) { reason in
          for operation in operations { operation.ended(.unavailable(reason)) }
        } found: { lines in
          var lines = lines
          for operation in operations { operation.ended(lines.sight() ?? .unavailable(.failed)) }
        }
        done()
      })
  }

  private static func read(
    _ reply: RedisReply, failed: (Unavailability) -> Void, found: (RoomReply) -> Void
  ) {
    guard reply.kind == .string else {
      switch reply.failure {
      case .disconnected: failed(.disconnected)
      case .timedOut: failed(.timedOut)
      case .overloaded: failed(.shed)
      default: failed(.failed)
      }
      return
    }
    // A room that Redis does not know is about to be put there from the ledger.
    guard let lines = RoomReply(reply.bytes) else { return failed(.cellClosed) }
    found(lines)
  }
}

extension RedisCommandWriter {
  /// Writes one argument: the 16 bytes that name a visitor.
  mutating func argument(_ visitor: VisitorID) {
    var space: (UInt64, UInt64) = (0, 0)
    withUnsafeMutableBytes(of: &space) { bytes in
      visitor.writeBinary(to: bytes.baseAddress!)
      argument(UnsafeRawBufferPointer(bytes))
    }
  }
}
