internal import Domain
internal import EventLoop
public import Redis
public import Telemetry

/// The way of claims into one cell: gathers them, has the script decide, tells each how it ended.
/// Loop-confined.
public final class ClaimPath {
  /// The bounds of one path.
  public struct Limits: Sendable {
    /// Claims decided by one call.
    public var maximumBatch = 256
    /// Claims that wait for a call; more are shed.
    public var maximumWaiting = 16_384
    /// Calls in flight at once.
    public var maximumInFlight = 2
    /// Entries that the cell's stream may hold before claims are shed.
    public var streamEntries = 200_000
    /// How long Redis may take for a call.
    public var callTimeout = Duration.seconds(2)

    public init() {}
  }

  private let client: RedisClient
  private let lease: CellLease
  private let limits: Limits
  private var batcher: Batcher<ClaimOperation>!

  public init(
    client: RedisClient, lease: CellLease, limits: Limits = Limits(),
    batchSizes: Histogram? = nil
  ) {
    self.client = client
    self.lease = lease
    self.limits = limits
    batcher = Batcher(
      loop: client.loop,
      limits: .init(
        maximumBatch: limits.maximumBatch, maximumWaiting: limits.maximumWaiting,
        maximumInFlight: limits.maximumInFlight),
      batchSizes: batchSizes
    ) { [unowned self] operations, done in send(operations, done) }
  }

  /// Takes a claim; it is told the outcome later, or at once why there will be none.
  public func submit(_ operation: ClaimOperation) {
    guard lease.isOpen else {
      operation.ended(
        .unavailable(client.state == .ready ? .cellClosed : .disconnected))
      return
    }
    if !batcher.submit(operation) { operation.ended(.unavailable(.shed)) }
  }

  private func send(_ operations: [ClaimOperation], _ done: @escaping () -> Void) {
    guard let shown = lease.value else {
      Self.fail(operations, .cellClosed)
      done()
      return
    }
    let wanted = Self.wanted(operations)
    guard !wanted.isEmpty else {
      done()
      return
    }
    let batch = ClaimBatch(wanted)
    let keys = lease.keys
    let streamLimit = limits.streamEntries
    client.evaluate(
      ScriptCatalog.claim.script, keyCount: batch.keyCount, argumentCount: batch.argumentCount,
      timeout: limits.callTimeout,
      write: { writer in
        batch.writeKeys(keys, into: &writer)
        batch.writeArguments(lease: shown, streamLimit: streamLimit, into: &writer)
      },
      completion: { [self] reply in
        finish(batch, reply, shown)
        done()
      })
  }

  /// The claims that somebody still waits for. Whoever was told to ask again is not given a coupon
  /// behind their back.
  private static func wanted(_ operations: [ClaimOperation]) -> [ClaimOperation] {
    guard operations.contains(where: { !$0.isWaiting }) else { return operations }
    return operations.filter { operation in
      if operation.isWaiting { return true }
      operation.ended(.unavailable(.abandoned))
      return false
    }
  }

  private func finish(_ batch: ClaimBatch, _ reply: RedisReply, _ shown: [UInt8]) {
    guard reply.kind == .string else {
      let reason: Unavailability =
        switch reply.failure {
        case .disconnected: .disconnected
        case .timedOut: .timedOut
        case .overloaded: .shed
        default: .failed
        }
      Self.fail(batch.operations, reason)
      return
    }
    switch ClaimReply(reply.bytes) {
    case .closed:
      lease.refused(shown)
      Self.fail(batch.operations, .cellClosed)
    case .full:
      Self.fail(batch.operations, .streamFull)
    case .malformed:
      Self.fail(batch.operations, .failed)
    case .decided(var decisions):
      for index in batch.order {
        let operation = batch.operations[index]
        guard let decision = decisions.next() else {
          operation.ended(.unavailable(.failed))
          continue
        }
        let rate = decisions.allowance()
        operation.ended(.decided(decision, position: decisions.position, rate: rate))
      }
    }
  }

  private static func fail(_ operations: [ClaimOperation], _ reason: Unavailability) {
    for operation in operations { operation.ended(.unavailable(reason)) }
  }
}
