internal import Domain
internal import EventLoop
public import Redis
internal import Telemetry

/// The bounds of one way into a cell.
public struct CellPathLimits: Sendable {
  /// Operations decided by one call.
  public var maximumBatch = 256
  /// Operations that wait for a call; more are shed.
  public var maximumWaiting = 16_384
  /// Calls in flight at once.
  public var maximumInFlight = 2
  /// Entries that the cell's stream may hold before operations are shed.
  public var streamEntries = 200_000
  /// How long Redis may take for a call.
  public var callTimeout = Duration.seconds(2)
  /// Which replicas are waited for, once a call; `nil` to wait for none.
  public var replicaWait: ReplicaWait?

  public init() {}
}

/// The way of one kind of operation into one cell: gathers them, has the script decide, tells each
/// how it ended. Loop-confined.
final class CellPath<Batch: CellBatch> {
  private let client: RedisClient
  private let lease: CellLease
  private let limits: CellPathLimits
  private var batcher: Batcher<Batch.Operation>!

  init(
    client: RedisClient, lease: CellLease, limits: CellPathLimits, batchSizes: Histogram?
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
    ) { [weak self] operations, done in self?.send(operations, done) }
  }

  /// Takes an operation; it is told the outcome later, or at once why there will be none.
  func submit(_ operation: Batch.Operation) {
    guard lease.isOpen else {
      operation.failed(client.state == .ready ? .cellClosed : .disconnected)
      return
    }
    if !batcher.submit(operation) { operation.failed(.shed) }
  }

  private func send(_ operations: [Batch.Operation], _ done: @escaping () -> Void) {
    guard let shown = lease.value else {
      Self.fail(operations, .cellClosed)
      done()
      return
    }
    let wanted = operations.stillWanted()
    guard !wanted.isEmpty else {
      done()
      return
    }
    let batch = Batch(wanted)
    let keys = lease.keys
    let streamLimit = limits.streamEntries
    let write = { (writer: inout RedisCommandWriter) in
      batch.writeKeys(keys, into: &writer)
      batch.writeArguments(lease: shown, streamLimit: streamLimit, into: &writer)
    }
    guard let wait = limits.replicaWait else {
      return client.evaluate(
        Batch.script.script, keyCount: batch.keyCount, argumentCount: batch.argumentCount,
        timeout: limits.callTimeout, write: write,
        completion: { [self] reply in
          finish(batch, reply, shown)
          done()
        })
    }
    client.evaluate(
      Batch.script.script, keyCount: batch.keyCount, argumentCount: batch.argumentCount,
      timeout: limits.callTimeout, confirmedBy: wait, write: write,
      completion: { [self] reply in
        finish(batch, reply, shown)
        done()
      })
  }

  private func finish(_ batch: Batch, _ reply: RedisReply, _ shown: [UInt8]) {
    guard reply.kind == .string else {
      Self.fail(batch.operations, Unavailability(reply.failure))
      return
    }
    finish(batch, reply.bytes, isReplicated: true, shown)
  }

  private func finish(_ batch: Batch, _ confirmed: ConfirmedReply, _ shown: [UInt8]) {
    switch confirmed.reply {
    case .success(let bytes):
      bytes.withUnsafeBytes { finish(batch, $0, isReplicated: confirmed.isConfirmed, shown) }
    case .failure(let error):
      Self.fail(batch.operations, Unavailability(error))
    }
  }

  private func finish(
    _ batch: Batch, _ bytes: UnsafeRawBufferPointer, isReplicated: Bool, _ shown: [UInt8]
  ) {
    switch CellReply(bytes) {
    case .closed:
      lease.refused(shown)
      Self.fail(batch.operations, .cellClosed)
    case .full:
      Self.fail(batch.operations, .streamFull)
    case .malformed:
      Self.fail(batch.operations, .failed)
    case .decided(var decisions):
      decisions.isReplicated = isReplicated
      batch.deliver(decisions)
    }
  }

  private static func fail(_ operations: [Batch.Operation], _ reason: Unavailability) {
    for operation in operations { operation.failed(reason) }
  }
}
